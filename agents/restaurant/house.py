"""The state of a restaurant's aggregates: of the restaurant itself, and of the pages of its followers."""

from datetime import datetime

import msgspec

from topics.contracts.restaurant_events import CampaignDetails, RestaurantDetails


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    owner_id: str
    details: RestaurantDetails
    at: datetime
    changed_at: datetime | None = None

    @property
    def updated_at(self) -> datetime:
        return self.changed_at or self.at


class House(msgspec.Struct, frozen=True, kw_only=True):
    """Of a restaurant: opened, None where nobody has opened one under this id, and its campaigns, without those that were
    over when the last one started. Of a page of followers (agents/restaurant/followers.py): their user ids, in order."""

    opened: Opened | None = None
    campaigns: tuple[CampaignDetails, ...] = ()
    followers: tuple[str, ...] = ()
