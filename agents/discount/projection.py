"""What clients see of coupons, and what the edge knows of their uses: an estimate, as a view is."""

from collections.abc import Mapping
from math import inf
from typing import assert_never

from msgspec.structs import asdict

from topics import keys
from topics.contracts import discount_events
from topics.contracts.discount_events import (
    CouponCreated,
    Event,
    OutcomeAsked,
    ShareRefused,
    ShareReserved,
    UseRefused,
    UseReleased,
    UseReserved,
)
from topics.deciding.discounting import Terms
from topics.deciding.projection import Shown, View
from topics.documents.order import Coupon, CouponUse
from topics.messages.event import EventMeta


def coupon(terms: Terms) -> Coupon:
    """The document, and the answer to who made it."""
    return Coupon(**asdict(terms))


def show_coupon(before: Coupon | None, event: Event, meta: EventMeta) -> Shown[Coupon]:
    return Shown(coupon(event.terms) if isinstance(event, CouponCreated) else before)


def show_use(before: CouponUse | None, event: Event, meta: EventMeta) -> Shown[CouponUse]:
    match event:
        case UseReserved() | ShareReserved() | UseReleased():
            return Shown(CouponUse(used=event.used))
        case CouponCreated() | UseRefused() | ShareRefused() | OutcomeAsked():
            return Shown(before)
        case _:
            assert_never(event)


def indexes(document: Coupon) -> Mapping[str, float]:
    """Those that are shown to everybody, of a restaurant, or valid everywhere: by their end, so that readers pass over those
    that are over."""
    until = inf if document.valid_until is None else document.valid_until.timestamp()
    return {keys.coupons(document.restaurant_id): until} if document.listed else {}


COUPON = View[Coupon, Event](
    name="coupon", topic=discount_events.TOPIC, document=Coupon, show=show_coupon, indexes=indexes
)
COUPON_USE = View[CouponUse, Event](name="coupon_use", topic=discount_events.TOPIC, document=CouponUse, show=show_use)
