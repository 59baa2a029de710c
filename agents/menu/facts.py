"""What the domain knows of restaurants: whose they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from topics.copies import RestaurantCopy


@dataclass(frozen=True, slots=True)
class Facts:
    restaurants: Mapping[str, RestaurantCopy] = field(default_factory=dict[str, RestaurantCopy])

    def owned(self, restaurant_id: str, owner_id: str | None) -> bool:
        found = self.restaurants.get(restaurant_id)
        return found is not None and bool(owner_id) and found.owner_id == owner_id
