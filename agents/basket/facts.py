"""What baskets know of others: the catalog's word on meals, restaurants for their time zone and fee, coupons."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from topics.copies import CouponCopy, MealCopy, RestaurantCopy
from topics.values.opening_hours import DEFAULT_ZONE


@dataclass(frozen=True, slots=True)
class Facts:
    """coupons: by code, and a user's share by `<code>:<user id>`."""

    meals: Mapping[str, MealCopy] = field(default_factory=dict[str, MealCopy])
    restaurants: Mapping[str, RestaurantCopy] = field(default_factory=dict[str, RestaurantCopy])
    coupons: Mapping[str, CouponCopy] = field(default_factory=dict[str, CouponCopy])

    def time_zone(self, restaurant_id: str) -> str:
        """Where the restaurant's copy is missing DEFAULT_ZONE has to do: the order checks the time again."""
        restaurant = self.restaurants.get(restaurant_id)
        return restaurant.time_zone if restaurant else DEFAULT_ZONE
