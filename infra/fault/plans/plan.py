"""What a load consists of, decided before anything is sent, so that the audit knows what must have happened. Pure."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

from infra.fault.plans.people import People
from infra.fault.plans.planned import Planned, drawn_id, planned
from topics.contracts import (
    auth_commands,
    basket_commands,
    catalog_commands,
    discount_commands,
    email_event,
    restaurant_commands,
)
from topics.contracts.auth_commands import EraseAccount
from topics.contracts.basket_commands import AddItem, Checkout, CheckoutItem
from topics.contracts.catalog_commands import AddMeal, ChangeMeal
from topics.contracts.discount_commands import CreateCoupon
from topics.contracts.email_event import DiscountMail, DiscountVariables
from topics.contracts.restaurant_commands import ChangeRestaurant, OpenRestaurant, StartCampaign

SOURCE = "lezzet/fault"
MEALS, RESTAURANTS, CAMPAIGNS = 40, 10, 2  # campaigns of a restaurant: each is told on 64 pages
COUPONS = (("ALL10", None, None), ("FEW10", 20, None), ("EACH10", None, 1))
"""(code, limit in all, limit for each user)"""
REFUSED = "meal_unavailable"


def campaign(restaurant: str, n: int) -> StartCampaign:
    """One that runs: who favours the restaurant at that moment is told. n: makes it another one than any before."""
    today = datetime.now(UTC).date()
    return StartCampaign(
        restaurant_id=restaurant, title=f"campaign {n}", start_date=str(today), end_date=str(today + timedelta(days=30))
    )


class Town:
    """Restaurants with one owner, and a menu that all baskets are filled from."""

    def __init__(self, random: Random) -> None:
        self.owner = drawn_id(random)
        self.restaurants = [drawn_id(random) for _ in range(RESTAURANTS)]
        self.meals = [drawn_id(random) for _ in range(MEALS)]
        self._random = random
        self._campaigns = Counter[str]()

    def openings(self) -> list[Planned]:
        return [
            Planned(
                topic=restaurant_commands.TOPIC, key=key, id=drawn_id(self._random), caller=self.owner,
                message=OpenRestaurant(name=f"Restaurant {n}", delivery_fee=1_000),
            )
            for n, key in enumerate(self.restaurants)
        ]  # fmt: skip

    def menu(self) -> list[Planned]:
        """All of the first restaurant: a basket holds one restaurant's meals. After `openings` are known to the catalog."""
        return [
            Planned(
                topic=catalog_commands.TOPIC, key=key, id=drawn_id(self._random), caller=self.owner,
                message=AddMeal(restaurant_id=self.restaurants[0], name=f"Meal {n}", price=(50 + n) * 100),
            )
            for n, key in enumerate(self.meals)
        ]  # fmt: skip

    def coupons(self) -> list[Planned]:
        """Valid everywhere, so made without a caller. One of them runs out under the load."""
        return [
            Planned(
                topic=discount_commands.TOPIC, key=code, id=drawn_id(self._random),
                message=CreateCoupon(kind="percent", value=1_000, total_limit=limit, per_user_limit=per_user),
            )
            for code, limit, per_user in COUPONS
        ]  # fmt: skip

    def load(self, commands: int, users: int) -> list[Planned]:
        random, people = self._random, [drawn_id(self._random) for _ in range(users)]
        lives = People(random, self.restaurants)
        return [self._one(n, random.choice(people), lives) for n in range(commands)]

    def _one(self, n: int, user: str, lives: People) -> Planned:
        kind = self._random.random()
        if kind < 0.76:
            return self._basket(n, user)
        if kind < 0.78:
            return self._checkout(n, user)
        if kind < 0.90:
            return self._user(n, user, lives)
        if kind < 0.94:
            return self._restaurant(n)
        if kind < 0.97:
            return self._meal(n)
        return self._erasure() if kind < 0.98 else self._mail(n)

    def _basket(self, n: int, user: str) -> Planned:
        """The note makes each one a change."""
        unknown = self._random.random() < 0.02
        meal = drawn_id(self._random) if unknown else self._random.choice(self.meals)
        item = AddItem(meal_id=meal, quantity=self._random.randint(1, 9), note=f"note {n}")
        code = REFUSED if unknown else None
        return planned(self._random, basket_commands.TOPIC, user, item, user, code=code)

    def _checkout(self, n: int, user: str) -> Planned:
        items = (CheckoutItem(meal_id=self._random.choice(self.meals), quantity=1),)
        code = self._random.choice([None, *(code for code, _, _ in COUPONS)])
        checkout = Checkout(
            payment_method="cash", items=items, note=f"checkout {n}", keyed=True, pickup=True, coupon_code=code
        )
        return planned(self._random, basket_commands.TOPIC, user, checkout, user, handed_on=True)

    def _user(self, n: int, user: str, lives: People) -> Planned:
        return self._random.choice((lives.profile, lives.wish, lives.address))(n, user)

    def _restaurant(self, n: int) -> Planned:
        restaurant = self._random.choice(self.restaurants)
        message = ChangeRestaurant(description=f"description {n}")
        if self._campaigns[restaurant] < CAMPAIGNS and self._random.random() < 0.1:
            self._campaigns[restaurant] += 1
            message = campaign(restaurant, n)
        return planned(self._random, restaurant_commands.TOPIC, restaurant, message, self.owner)

    def _meal(self, n: int) -> Planned:
        change = ChangeMeal(description=f"description {n}")
        return planned(self._random, catalog_commands.TOPIC, self._random.choice(self.meals), change, self.owner)

    def _erasure(self) -> Planned:
        """Of somebody who does nothing else: topics have no order between them, so nobody could say what came before it. The
        token has expired, so that no session's end is an event, too."""
        user = drawn_id(self._random)
        erase = EraseAccount(sid=user, jti=user, exp=datetime(2026, 1, 1, tzinfo=UTC))
        return planned(self._random, auth_commands.TOPIC, user, erase, user)

    def _mail(self, n: int) -> Planned:
        """A third comes from a publisher that sends no headers: there a repeat would be another mail."""
        to = f"guest{n}@example.com"
        mail = DiscountMail(to=to, variables=DiscountVariables(title=f"Title {n}", description="10 %"))
        if self._random.random() < 1 / 3:
            return Planned(topic=email_event.TOPIC, key=to, message=mail, id=None)
        return planned(self._random, email_event.TOPIC, to, mail, "")
