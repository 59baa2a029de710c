"""The state of a restaurant's aggregates: of the restaurant itself, of the pages of its followers, of its
slots, and of reviews."""

from datetime import datetime

import msgspec

from topics.contracts.restaurant_events import (
    Busy,
    CampaignDetails,
    Pause,
    RestaurantDetails,
    ReviewGiven,
    prep_time,
)


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """total: of all ratings, each 1 to 5."""

    total: int = 0
    count: int = 0

    @property
    def average(self) -> float:
        """With two decimals, 0 where nobody has rated."""
        return round(self.total / self.count, 2) if self.count else 0.0


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """busy, pause: they may be over, where their timer is late."""

    owner_id: str
    details: RestaurantDetails
    at: datetime
    changed_at: datetime | None = None
    busy: Busy | None = None
    pause: Pause | None = None
    rating: Rating = Rating()

    @property
    def updated_at(self) -> datetime:
        return self.changed_at or self.at

    @property
    def prep_time(self) -> int:
        """As it is shown, in minutes."""
        return prep_time(self.details, self.busy)


class House(msgspec.Struct, frozen=True, kw_only=True):
    """Of a restaurant: opened, None where nobody has opened one under this id, and its campaigns, without those that were
    over when the last one started. Of a page of followers (agents/restaurant/followers.py): their user ids, in order.
    Of a review (agents/restaurant/reviews.py): what was given, and whether its user is erased.
    Of the slots of a day (agents/restaurant/slots.py): taken, orders by the time at which a slot begins, `18:45`."""

    opened: Opened | None = None
    campaigns: tuple[CampaignDetails, ...] = ()
    followers: tuple[str, ...] = ()
    review: ReviewGiven | None = None
    review_erased: bool = False
    taken: dict[str, int] = msgspec.field(default_factory=dict[str, int])
