"""How long an order waits for whom, and the timers that end each wait.

In every stage that is no end a timer stands, so an order ends whoever is silent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.order.progress import Stage
from topics.contracts.order_commands import (
    CompleteOrder,
    ExpireOrder,
    GiveUpPayment,
    GiveUpReservation,
    ReleaseScheduled,
    RemindKitchen,
)
from topics.deciding.decision import Timer

PREPARATION = timedelta(minutes=30)
"""Of an order whose restaurant says no time."""

MOST_DELAYS = 5
MOST_FAILURES = 3
"""How often a courier brings an order back, before it is cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """reservation: for slot and coupon. payment: until it is confirmed, and once more where the customer's bank asks them.
    answer: the restaurant's. completion: after the time at which an order is ready, until it counts as delivered. returned:
    until an order that a courier brought back is cancelled."""

    reservation: timedelta = timedelta(minutes=5)
    payment: timedelta = timedelta(minutes=15)
    answer: timedelta = timedelta(minutes=5)
    completion: timedelta = timedelta(hours=3)
    returned: timedelta = timedelta(hours=1)

    @property
    def reminder(self) -> timedelta:
        return self.answer * 3 / 5


STANDING: Mapping[Stage, tuple[str, ...]] = {
    "slot": ("reservation",),
    "coupon": ("reservation",),
    "before_payments": ("expiry",),
    "paying": ("payment",),
    "scheduled": ("kitchen",),
    "waiting": ("reminder", "expiry"),
    "accepted": ("completion",),
    "preparing": ("completion",),
    "ready": ("completion",),
    "on_the_way": ("completion",),
}
"""Names of the timers that may stand in a stage. Whoever leaves the stage cancels them."""


def reservation(at: datetime) -> Timer:
    return Timer("reservation", at, GiveUpReservation())


def payment(at: datetime) -> Timer:
    return Timer("payment", at, GiveUpPayment())


def kitchen(at: datetime) -> Timer:
    return Timer("kitchen", at, ReleaseScheduled())


def answer(now: datetime, times: Times) -> tuple[Timer, Timer]:
    return Timer("reminder", now + times.reminder, RemindKitchen()), expiry(now + times.answer)


def expiry(at: datetime) -> Timer:
    return Timer("expiry", at, ExpireOrder())


def completion(at: datetime) -> Timer:
    return Timer("completion", at, CompleteOrder())
