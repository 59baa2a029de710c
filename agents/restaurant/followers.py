"""Who wants to hear of a restaurant's campaigns, in pages: aggregates of their own, so that a restaurant with a hundred
thousand followers has no single giant state. Followers are users who favour it and want such mails.

A page tells its followers in order of their ids, some at a time; each `Announced` leads to the next `Announce`, which says
how far it has come. Who begins to follow meanwhile is told too where their id is still to come, and nobody is told twice.
"""

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from msgspec.structs import replace

from agents.restaurant.house import House
from topics.contracts.restaurant_commands import Announce, Follow, Unfollow
from topics.contracts.restaurant_events import Announced, Event, FollowerAdded, FollowerRefused, FollowerRemoved
from topics.deciding.decision import Decision, accept, reject

PAGES = 64
"""Never to be changed: a user would be looked for on another page than the one that they stand on."""

PAGE_SIZE = 4_000
"""So that a page is at most some 160 KB of state: 256,000 followers in all, about. Beyond, FollowerRefused is written."""

TOLD_AT_ONCE = 100
"""Followers a decision: their notifications are rows of one transaction, and a batch decides many pages."""


def page(restaurant_id: str, user_id: str) -> str:
    """The key of the page on which this user stands."""
    number = int.from_bytes(hashlib.sha256(user_id.encode()).digest()[:8]) % PAGES
    return _key(restaurant_id, number)


def pages(restaurant_id: str) -> Sequence[str]:
    return [_key(restaurant_id, number) for number in range(PAGES)]


def _key(restaurant_id: str, number: int) -> str:
    return f"{restaurant_id}:followers:{number}"


def follow(command: Follow, house: House) -> Decision[Event]:
    if _stands(command.user_id, house):
        return accept()
    if len(house.followers) >= PAGE_SIZE:
        # No client asked, so no client hears of it: the event is what says so.
        refused = FollowerRefused(user_id=command.user_id)
        return reject("followers_full", "this page of followers is full", events=(refused,))
    return accept(FollowerAdded(user_id=command.user_id))


def unfollow(command: Unfollow, house: House) -> Decision[Event]:
    return accept(FollowerRemoved(user_id=command.user_id)) if _stands(command.user_id, house) else accept()


def announce(command: Announce, house: House) -> Decision[Event]:
    told = after(house, command.after)[:TOLD_AT_ONCE]
    if not told:
        return accept()
    return accept(Announced(campaign=command.campaign, restaurant_name=command.restaurant_name, user_ids=told))


def after(house: House, user_id: str) -> tuple[str, ...]:
    """Followers who come behind this one."""
    return house.followers[bisect_right(house.followers, user_id) :]


def added(house: House, user_id: str) -> House:
    place = bisect_left(house.followers, user_id)
    return replace(house, followers=(*house.followers[:place], user_id, *house.followers[place:]))


def removed(house: House, user_id: str) -> House:
    return replace(house, followers=tuple(each for each in house.followers if each != user_id))


def _stands(user_id: str, house: House) -> bool:
    place = bisect_left(house.followers, user_id)
    return house.followers[place : place + 1] == (user_id,)
