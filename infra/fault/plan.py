"""What a load consists of, decided before anything is sent, so that the audit knows what must have happened. Pure."""

import uuid
from dataclasses import dataclass
from datetime import date
from random import Random

from topics import basket_commands, catalog_commands, email_event, restaurant_commands, user_commands
from topics.basket_commands import AddItem, Checkout, CheckoutItem
from topics.catalog_commands import AddMeal
from topics.email_event import DiscountMail, DiscountVariables
from topics.message import Message
from topics.registry import Topic
from topics.restaurant_commands import ChangeRestaurant, OpenRestaurant
from topics.user_commands import ChangeProfile, CompleteProfile

SOURCE = "lezzet/fault"
MEALS, RESTAURANTS = 40, 10
TWICE = 0.05  # share of messages that are published once more
LATER = (1, 1, 2, 30, 300, 3000)  # so many messages after the first time
REFUSED = "meal_unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One message and what it must lead to.

    id None: published without headers. code: it is refused with this. handed_on: another domain has the outcome.
    again: published once more so many messages later.
    """

    topic: Topic
    key: str
    message: Message
    id: str | None
    caller: str = ""
    code: str | None = None
    handed_on: bool = False
    again: int | None = None


class Town:
    """Restaurants with one owner, and a menu that all baskets are filled from."""

    def __init__(self, random: Random) -> None:
        self.owner = _id(random)
        self.restaurants = [_id(random) for _ in range(RESTAURANTS)]
        self.meals = [_id(random) for _ in range(MEALS)]
        self._random = random

    def openings(self) -> list[Planned]:
        return [
            Planned(
                topic=restaurant_commands.TOPIC, key=key, id=_id(self._random), caller=self.owner,
                message=OpenRestaurant(name=f"Restaurant {n}", delivery_fee=10),
            )
            for n, key in enumerate(self.restaurants)
        ]  # fmt: skip

    def menu(self) -> list[Planned]:
        """All of the first restaurant: a basket holds one restaurant's meals. After `openings` are known to the catalog."""
        return [
            Planned(
                topic=catalog_commands.TOPIC, key=key, id=_id(self._random), caller=self.owner,
                message=AddMeal(restaurant_id=self.restaurants[0], name=f"Meal {n}", price=50 + n),
            )
            for n, key in enumerate(self.meals)
        ]  # fmt: skip

    def load(self, commands: int, users: int) -> list[Planned]:
        random, people = self._random, [_id(self._random) for _ in range(users)]
        known: set[str] = set()
        return [self._one(n, random.choice(people), known) for n in range(commands)]

    def _one(self, n: int, user: str, known: set[str]) -> Planned:
        kind = self._random.random()
        if kind < 0.80:
            return self._basket(n, user)
        if kind < 0.82:
            return self._checkout(n, user)
        if kind < 0.90:
            return self._user(n, user, known)
        return self._restaurant(n) if kind < 0.97 else self._mail(n)

    def _basket(self, n: int, user: str) -> Planned:
        """The note makes each one a change."""
        unknown = self._random.random() < 0.02
        meal = _id(self._random) if unknown else self._random.choice(self.meals)
        item = AddItem(meal_id=meal, quantity=self._random.randint(1, 9), note=f"note {n}")
        return self._planned(basket_commands.TOPIC, user, item, user, code=REFUSED if unknown else None)

    def _checkout(self, n: int, user: str) -> Planned:
        items = (CheckoutItem(meal_id=self._random.choice(self.meals), quantity=1),)
        checkout = Checkout(payment_method="cash", items=items, note=f"checkout {n}")
        return self._planned(basket_commands.TOPIC, user, checkout, user, handed_on=True)

    def _user(self, n: int, user: str, known: set[str]) -> Planned:
        if user in known:
            return self._planned(user_commands.TOPIC, user, ChangeProfile(full_name=f"Name {n}"), user)
        known.add(user)
        complete = CompleteProfile(
            full_name=f"Name {n}", born_date=date(1990, 1, 1), gender="-", phone="+90 555 111 22 33"
        )
        return self._planned(user_commands.TOPIC, user, complete, user)

    def _restaurant(self, n: int) -> Planned:
        change = ChangeRestaurant(description=f"description {n}")
        return self._planned(restaurant_commands.TOPIC, self._random.choice(self.restaurants), change, self.owner)

    def _mail(self, n: int) -> Planned:
        """A third comes from a publisher that sends no headers: there a repeat would be another mail."""
        to = f"guest{n}@example.com"
        mail = DiscountMail(to=to, variables=DiscountVariables(title=f"Title {n}", description="10 %"))
        if self._random.random() < 1 / 3:
            return Planned(topic=email_event.TOPIC, key=to, message=mail, id=None)
        return self._planned(email_event.TOPIC, to, mail, "")

    def _planned(
        self, topic: Topic, key: str, message: Message, caller: str, *, code: str | None = None, handed_on: bool = False
    ) -> Planned:
        again = self._random.choice(LATER) if self._random.random() < TWICE else None
        return Planned(
            topic=topic, key=key, message=message, id=_id(self._random), caller=caller, code=code, handed_on=handed_on,
            again=again,
        )  # fmt: skip


def _id(random: Random) -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))
