"""What the users of a plan do besides filling baskets. Each of their commands changes something, so that each has an event."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from random import Random
from typing import Any

from infra.fault.plans.planned import Planned, planned
from topics.contracts import address_commands, user_commands
from topics.contracts.address_commands import AddAddress, RemoveAddress, ReplaceAddress
from topics.contracts.user_commands import (
    ChangePreferences,
    ChangeProfile,
    CompleteProfile,
    FavourCuisine,
    FavourRestaurant,
    UnfavourRestaurant,
)
from topics.messages import ids
from topics.messages.message import Message

MOST_ADDRESSES = 10


class People:
    """restaurants: those that are known to all before the load begins."""

    def __init__(self, random: Random, restaurants: Sequence[str]) -> None:
        self._random = random
        self._restaurants = restaurants
        self._complete: set[str] = set()
        self._no_campaigns: set[str] = set()
        self._favourites: set[tuple[str, str]] = set()
        self._books: defaultdict[str, list[str]] = defaultdict(list)

    def profile(self, n: int, user: str) -> Planned:
        if user in self._complete:
            return self._user(user, ChangeProfile(full_name=f"Name {n}"))
        self._complete.add(user)
        complete = CompleteProfile(
            full_name=f"Name {n}", born_date=date(1990, 1, 1), gender="-", phone="+90 555 111 22 33"
        )
        return self._user(user, complete)

    def wish(self, n: int, user: str) -> Planned:
        """A favourite, or which mails are wanted."""
        kind = self._random.random()
        if kind < 0.5:
            return self._user(user, self._restaurant(user, self._random.choice(self._restaurants)))
        if kind < 0.8:
            return self._user(user, FavourCuisine(cuisine=f"mutfak {n}"))
        self._no_campaigns ^= {user}
        return self._user(user, ChangePreferences(campaigns=user not in self._no_campaigns))

    def _restaurant(self, user: str, restaurant: str) -> Message:
        self._favourites ^= {(user, restaurant)}
        favoured = (user, restaurant) in self._favourites
        return FavourRestaurant(restaurant_id=restaurant) if favoured else UnfavourRestaurant(restaurant_id=restaurant)

    def address(self, n: int, user: str) -> Planned:
        """The domain derives the id of an address from that of the command, and so does the plan."""
        kind, book = self._random.random(), self._books[user]
        said: dict[str, Any] = {
            "title": f"address {n}",
            "address": "Moda Caddesi 12",
            "city": "İstanbul",
            "district": "Kadıköy",
        }
        is_default = self._random.random() < 0.5
        if not book or (kind < 0.6 and len(book) < MOST_ADDRESSES):
            sent = self._address(user, AddAddress(**said, is_default=is_default))
            book.append(ids.derive(sent.id or "", "address"))
            return sent
        chosen = self._random.choice(book)
        if kind < 0.9:
            return self._address(user, ReplaceAddress(**said, address_id=chosen, is_default=is_default))
        book.remove(chosen)
        return self._address(user, RemoveAddress(address_id=chosen))

    def _user(self, user: str, message: Message) -> Planned:
        return planned(self._random, user_commands.TOPIC, user, message, user)

    def _address(self, user: str, message: Message) -> Planned:
        return planned(self._random, address_commands.TOPIC, user, message, user)
