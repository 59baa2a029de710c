"""What orders know of others: prices, what a restaurant asks and when it is open, addresses of users, coupons."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from topics.copies import BookCopy, CouponCopy, MealCopy, RestaurantCopy


@dataclass(frozen=True, slots=True)
class Facts:
    """books: by user id. coupons: by code, and a user's share by `<code>:<user id>`."""

    meals: Mapping[str, MealCopy] = field(default_factory=dict[str, MealCopy])
    restaurants: Mapping[str, RestaurantCopy] = field(default_factory=dict[str, RestaurantCopy])
    books: Mapping[str, BookCopy] = field(default_factory=dict[str, BookCopy])
    coupons: Mapping[str, CouponCopy] = field(default_factory=dict[str, CouponCopy])
