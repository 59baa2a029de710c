"""The state of an order."""

import msgspec

from topics.contracts.order_events import (
    DRAFTED,
    PLACED,
    REFUSED,
    OrderCancelled,
    OrderDelivered,
    OrderDrafted,
    OrderPlaced,
    OrderRefused,
)
from topics.values.kurus import lira_before


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """All None before PlaceOrder. drafted: waits for its slot, then (slot_held) for its coupon. cancelled, delivered: it
    was placed before.

    erased: the account of its user is no more, and only what an invoice needs is left.
    """

    drafted: OrderDrafted | None = None
    slot_held: bool = False
    placed: OrderPlaced | None = None
    cancelled: OrderCancelled | None = None
    delivered: OrderDelivered | None = None
    refused: OrderRefused | None = None
    erased: bool = False


IN_KURUS = lira_before(
    *(
        f"{name}.{place}"
        for name, places in (("drafted", DRAFTED), ("placed", PLACED), ("refused", REFUSED))
        for place in places
    )
)
"""The first form of this state had lira."""
