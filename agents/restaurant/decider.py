"""What a restaurant may do. Its owner is who opened it; to everybody else a change answers as if it did not exist.

Campaigns are in campaigns.py, the pages of followers in followers.py: a domain has one decider, for all its aggregates.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

import msgspec
from msgspec.structs import asdict, replace

from agents.restaurant import campaigns, followers, hours
from agents.restaurant.house import House, Opened
from agents.restaurant.limits import RESTAURANT_BYTES, RESTAURANTS
from agents.restaurant.projection import restaurant
from topics.contracts.restaurant_commands import (
    Announce,
    BeginCampaign,
    ChangeRestaurant,
    Command,
    Follow,
    OpenRestaurant,
    StartCampaign,
    Unfollow,
)
from topics.contracts.restaurant_events import (
    Announced,
    CampaignBegan,
    CampaignStarted,
    Event,
    FollowerAdded,
    FollowerRefused,
    FollowerRemoved,
    RestaurantChanged,
    RestaurantDetails,
    RestaurantOpened,
)
from topics.deciding.decision import Context, Decider, Decision, Rejection, accept, reject
from topics.deciding.seats import Seat
from topics.documents.browse import RestaurantNow
from topics.values.kurus import lira_before


def decide(command: Command, house: House, facts: None, context: Context) -> Decision[Event]:
    match command:
        case OpenRestaurant():
            return _open(command, house, context)
        case ChangeRestaurant():
            return _change(command, house, context)
        case StartCampaign():
            return campaigns.start(command, house, context)
        case BeginCampaign():
            return campaigns.begin(command, house, context)
        case Follow():
            return followers.follow(command, house)
        case Unfollow():
            return followers.unfollow(command, house)
        case Announce():
            return followers.announce(command, house)
        case _:
            assert_never(command)


def _open(command: OpenRestaurant, house: House, context: Context) -> Decision[Event]:
    if context.caller is None:
        return reject("login_required", "log in to open a restaurant")
    details = RestaurantDetails(**asdict(command))
    refused = hours.refusal(details)
    if refused is not None:
        return Decision(rejection=refused)
    if house.opened is None:
        if (too_large := _too_large(details)) is not None:
            return Decision(rejection=too_large)
        seat = RESTAURANTS.free(context.caller, context)
        if seat is None:
            return reject("too_many_restaurants", f"one owner has at most {RESTAURANTS.most} restaurants")
        opened = RestaurantOpened(owner_id=context.caller, details=details, opened_at=context.now)
        return accept(opened, answer=_answer(details, context.now, context.now, context), takes=(seat,))
    if (house.opened.owner_id, house.opened.details) == (context.caller, details):
        return accept(answer=_answer(details, house.opened.at, house.opened.updated_at, context), takes=())
    return reject("restaurant_exists", "a restaurant with this id is open already")


def _change(command: ChangeRestaurant, house: House, context: Context) -> Decision[Event]:
    opened = house.opened
    if opened is None or opened.owner_id != context.caller:
        return reject("not_found", "you have no such restaurant")
    said = {name: value for name, value in asdict(command).items() if value is not None and name != "clears"}
    details = replace(opened.details, **{**said, **dict.fromkeys(command.clears)})
    if details == opened.details:
        return accept(answer=_answer(details, opened.at, opened.updated_at, context))
    refused = hours.refusal(details) if hours.of(details) != hours.of(opened.details) else None
    refused = refused or _too_large(details)
    if refused is not None:
        return Decision(rejection=refused)
    changed = RestaurantChanged(details=details, changed_at=context.now)
    return accept(changed, answer=_answer(details, opened.at, context.now, context))


def _too_large(details: RestaurantDetails) -> Rejection | None:
    size = len(msgspec.json.encode(details))
    if size <= RESTAURANT_BYTES:
        return None
    return Rejection(
        "restaurant_too_large", f"a restaurant has at most {RESTAURANT_BYTES:,} bytes, this one has {size:,}"
    )


def claims(command: Command, restaurant_id: str, caller: str | None) -> Iterable[Seat]:
    """A place among the owner's restaurants."""
    return RESTAURANTS.of(caller) if isinstance(command, OpenRestaurant) and caller is not None else ()


def _answer(details: RestaurantDetails, created: datetime, updated: datetime, context: Context) -> RestaurantNow:
    document = restaurant(context.aggregate_id, details, created, updated)
    return RestaurantNow(**asdict(document), open_now=hours.is_open(details, context.now))


def evolve(house: House, event: Event) -> House:
    match event:
        case RestaurantOpened():
            return House(opened=Opened(owner_id=event.owner_id, details=event.details, at=event.opened_at))
        case RestaurantChanged():
            changed = house.opened and replace(house.opened, details=event.details, changed_at=event.changed_at)
            return replace(house, opened=changed)
        case CampaignStarted():
            return campaigns.started(house, event)
        case FollowerAdded():
            return followers.added(house, event.user_id)
        case FollowerRemoved():
            return followers.removed(house, event.user_id)
        case CampaignBegan() | FollowerRefused() | Announced():
            return house
        case _:
            assert_never(event)


DECIDER = Decider[Command, Event, House, None](
    state=House,
    decide=decide,
    evolve=evolve,
    claims=claims,
    upcasts=(lira_before("opened.details.delivery_fee", "opened.details.min_order_price"),),
)
