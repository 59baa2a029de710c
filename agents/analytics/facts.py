"""What the domain knows of restaurants: whose they are, and in which time zone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from topics.copies import RestaurantCopy


@dataclass(frozen=True, slots=True)
class Facts:
    restaurants: Mapping[str, RestaurantCopy] = field(default_factory=dict[str, RestaurantCopy])

    def owned(self, restaurant_id: str, owner_id: str | None) -> RestaurantCopy | None:
        """None: there is none, or it is somebody else's."""
        found = self.restaurants.get(restaurant_id)
        return found if found is not None and owner_id and found.owner_id == owner_id else None
