"""What the notification domain knows of others: restaurants, for their owners, their names and their time zones."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from topics.copies import RestaurantCopy


@dataclass(frozen=True, slots=True)
class Facts:
    restaurants: Mapping[str, RestaurantCopy] = field(default_factory=dict[str, RestaurantCopy])
