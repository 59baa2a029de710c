"""What a restaurant's owner reads of its orders as a whole."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from topics.deciding.days import MOST_DAYS
from topics.values.kurus import KurusSum

MOST_MEALS = 20
MOST_REASONS = 30
"""Of each way in which an order ends without a delivery."""
MOST_HOURS = MOST_DAYS * 24 + 1
"""One more where clocks are put back."""

Ended = Literal["cancelled", "rejected", "expired"]


class HourFigures(msgspec.Struct, frozen=True, kw_only=True):
    """hour: its begin, with the offset of the restaurant's time zone. orders: placed in it. sold: orders that came to their
    customers in it. revenue: what these cost, in total, less what was paid back of it. refunded: of that, what was paid back
    after they had come."""

    hour: datetime
    orders: int
    sold: int
    revenue: KurusSum
    refunded: KurusSum


class Seconds(msgspec.Struct, frozen=True, kw_only=True):
    """So long, or shorter, it took for so many percent."""

    p50: float
    p90: float
    p95: float
    p99: float


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """accepted, rejected, expired: orders that the restaurant has accepted, has rejected, and has not answered. seconds: from
    when the restaurant saw an order to its acceptance; null where none was accepted."""

    accepted: int
    rejected: int
    expired: int
    seconds: Seconds | None


class MealFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Of orders that came to their customers. name: as it was called in one of them. revenue: before any refund, which is of
    an order and of no meal."""

    meal_id: str
    name: str
    quantity: int
    revenue: KurusSum


class ReasonFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Orders that ended without a delivery. by: who ended them. reason: one of a fixed set (docs/analytics.md)."""

    ended: Ended
    by: str
    reason: str
    orders: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of some days. first, last: both included, in the restaurant's time zone.

    hours: those in which something happened. meals: those sold most. complete: whether all days and all orders are in it; where
    not, `note` says what is missing.
    """

    restaurant_id: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    time_zone: str
    orders: int
    sold: int
    revenue: KurusSum
    refunded: KurusSum
    hours: Annotated[tuple[HourFigures, ...], Meta(max_length=MOST_HOURS)]
    acceptance: Acceptance
    meals: Annotated[tuple[MealFigures, ...], Meta(max_length=MOST_MEALS)]
    reasons: Annotated[tuple[ReasonFigures, ...], Meta(max_length=3 * MOST_REASONS)]
    complete: bool
    note: str | None
