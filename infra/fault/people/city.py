"""Restaurants, their menus, their guests, couriers and a coupon: what orders need before there are any. Drawn, so
repeatable."""

from random import Random

from infra.fault.plans.planned import Planned, drawn_id
from topics.contracts import catalog_commands, discount_commands, restaurant_commands, user_created
from topics.contracts.catalog_commands import AddMeal
from topics.contracts.discount_commands import CreateCoupon
from topics.contracts.restaurant_commands import OpenRestaurant
from topics.contracts.user_created import UserCreated

RESTAURANTS, MEALS, COURIERS = 5, 4, 6  # meals of a restaurant
COUPON = "HUNDRED"
USES = 100  # of the coupon: the last ones are wanted by many


class City:
    """owner: of all restaurants. meals: by restaurant. guests, couriers: their ids."""

    def __init__(self, random: Random, guests: int) -> None:
        self.owner = drawn_id(random)
        self.restaurants = [drawn_id(random) for _ in range(RESTAURANTS)]
        self.meals = {restaurant: [drawn_id(random) for _ in range(MEALS)] for restaurant in self.restaurants}
        self.guests = [drawn_id(random) for _ in range(guests)]
        self.couriers = [drawn_id(random) for _ in range(COURIERS)]
        self._random = random

    def openings(self) -> list[Planned]:
        return [
            Planned(
                topic=restaurant_commands.TOPIC, key=key, id=drawn_id(self._random), caller=self.owner,
                message=OpenRestaurant(name=f"Lokanta {n}", delivery_fee=1_500),
            )
            for n, key in enumerate(self.restaurants)
        ]  # fmt: skip

    def menus(self) -> list[Planned]:
        return [
            Planned(
                topic=catalog_commands.TOPIC, key=key, id=drawn_id(self._random), caller=self.owner,
                message=AddMeal(restaurant_id=restaurant, name=f"Yemek {n}", price=10_000 + 999 * n),
            )
            for restaurant, keys in self.meals.items()
            for n, key in enumerate(keys)
        ]  # fmt: skip

    def coupons(self) -> list[Planned]:
        coupon = CreateCoupon(kind="percent", value=1_000, total_limit=USES)
        return [Planned(topic=discount_commands.TOPIC, key=COUPON, id=drawn_id(self._random), message=coupon)]

    def people(self) -> list[Planned]:
        """Where mails to them go."""
        everybody = [self.owner, *self.guests, *self.couriers]
        return [
            Planned(
                topic=user_created.TOPIC, key=user, id=drawn_id(self._random),
                message=UserCreated(id=user, user_id=user, email=f"{user}@example.com"),
            )
            for user in everybody
        ]  # fmt: skip
