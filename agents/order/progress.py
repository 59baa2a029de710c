"""The state of an order."""

from datetime import datetime
from typing import Literal

import msgspec

from agents.order.course import Course, before_payments
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

Stage = Literal[
    "new",
    "slot",
    "coupon",
    "refused",
    "before_payments",
    "paying",
    "scheduled",
    "waiting",
    "accepted",
    "preparing",
    "ready",
    "on_the_way",
    "delivered",
    "picked_up",
    "rejected",
    "expired",
    "cancelled",
]
"""Where an order stands. slot, coupon: it is drafted, and waits for this reservation. refused: it was never placed.
before_payments: placed by a release that asked for no payment, and knew nothing of kitchens. paying: placed, and its payment is
asked for. scheduled: it waits for its time. waiting: for the restaurant's answer. The others are as clients know them."""

ENDS: frozenset[Stage] = frozenset({"refused", "delivered", "picked_up", "rejected", "expired", "cancelled"})
"""Nothing more becomes of an order here."""

UNSEEN: frozenset[Stage] = frozenset({"new", "slot", "coupon", "paying"})
"""It is not paid, so the restaurant knows nothing of it."""

UNANSWERED: frozenset[Stage] = frozenset({"paying", "scheduled", "waiting"})
"""Its payment is asked for, and the restaurant has not accepted it: nobody cooks."""

COOKED: frozenset[Stage] = frozenset({"accepted", "preparing", "ready", "on_the_way"})
"""The restaurant has accepted it."""

HAVE_IT: frozenset[Stage] = frozenset({"delivered", "picked_up"})
"""Its customer has it."""


class Late(msgspec.Struct, frozen=True, kw_only=True):
    """A reservation that nobody had told of when the draft was given up: it is given back if it comes."""

    user_id: str
    restaurant_id: str
    slot: datetime | None = None
    coupon_code: str | None = None


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """All None before PlaceOrder. drafted: waits for its slot, then (slot_held) for its coupon. cancelled, delivered: it
    was placed before.

    erased: the account of its user is no more, and only what an invoice needs is left. placed_as: where it stands since it was
    placed; None: as the fields before it say, in states from before payments were asked for. course: what is shown of it.
    delays, failures: how often it was delayed, and brought back by a courier. had_at: when its customer got it. late: see
    there.
    """

    drafted: OrderDrafted | None = None
    slot_held: bool = False
    placed: OrderPlaced | None = None
    cancelled: OrderCancelled | None = None
    delivered: OrderDelivered | None = None
    refused: OrderRefused | None = None
    erased: bool = False
    placed_as: Stage | None = None
    course: Course | None = None
    delays: int = 0
    failures: int = 0
    had_at: datetime | None = None
    late: Late | None = None

    @property
    def stage(self) -> Stage:
        if self.refused is not None:
            return "refused"
        if self.drafted is not None:
            return "slot" if self.drafted.order.slot is not None and not self.slot_held else "coupon"
        if self.placed is None:
            return "new"
        if self.placed_as is not None:
            return self.placed_as
        if self.cancelled is not None:
            return "cancelled"
        return "delivered" if self.delivered is not None else "before_payments"

    @property
    def shown(self) -> Course:
        """What is shown of a placed order besides what was ordered."""
        assert self.placed is not None, "nothing is shown before it is placed"
        return self.course or before_payments(self.placed, self.cancelled or self.delivered)


IN_KURUS = lira_before(
    *(
        f"{name}.{place}"
        for name, places in (("drafted", DRAFTED), ("placed", PLACED), ("refused", REFUSED))
        for place in places
    )
)
"""The first form of this state had lira."""
