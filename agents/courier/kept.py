"""The state: of a delivery, or of a courier."""

import msgspec

from topics.contracts.courier_commands import Outcome
from topics.contracts.courier_events import DeliveryExpected
from topics.documents.courier import Courier, KeptDelivery


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Of a delivery: expected, before that there is none; opened: a courier may be asked; delivery: None before the first
    offer; offers: so far; let_go: who was asked last and does not have it; outcome: of the order, once it has ended.

    Of a courier: courier, None for who is none; erased.
    """

    expected: DeliveryExpected | None = None
    opened: bool = False
    delivery: KeptDelivery | None = None
    offers: int = 0
    let_go: str | None = None
    outcome: Outcome | None = None
    courier: Courier | None = None
    erased: bool = False
