"""One courier has an order at a time: whoever accepts it was asked, whoever has picked it up has accepted it, and it is
delivered by whoever has it."""

from collections import Counter

import msgspec

from infra.audit.check import Ground
from infra.audit.findings import Findings
from infra.audit.topic_log import Entry

_BEFORE = {"DeliveryAccepted": "DeliveryOffered", "PickedUp": "DeliveryAccepted", "Delivered": "PickedUp"}
"""Event → the one before it, by the same courier."""
_LET_GO = frozenset({"OfferDeclined", "OfferEnded", "CourierWithdrawn", "Failed"})
_HAS = frozenset({"DeliveryOffered", "DeliveryAccepted", "PickedUp"})
_OF_COURIERS = _HAS | _LET_GO | _BEFORE.keys()


class _By(msgspec.Struct):
    courier_id: str


_by = msgspec.json.Decoder(_By)


class DeliveriesCheck:
    name = "deliveries"
    promise = "one courier has an order at a time, and it is delivered after it was picked up"
    domains = frozenset({"courier"})

    def __init__(self) -> None:
        # order → the courier who was asked or has it, and the event that says so
        self._has: dict[str, tuple[str, str]] = {}
        self._wrong: list[str] = []
        self._delivered = Counter[str]()

    def see(self, event: Entry, *, again: bool) -> None:
        order, type = event.aggregate, event.type
        if again or type not in _OF_COURIERS:
            return
        courier = _by.decode(event.body).courier_id
        had = self._has.get(order)
        if type == "DeliveryOffered":
            if had is not None:
                self._wrong.append(f"{order}: offered while a courier was asked or had it ({had[1]})")
        elif had is None or had[0] != courier or _BEFORE.get(type, had[1]) != had[1]:
            self._wrong.append(f"{order}: {type} after {had[1] if had else 'nothing'}")
        if type in _HAS:
            self._has[order] = courier, type
        else:
            self._has.pop(order, None)
        self._delivered[order] += type == "Delivered"

    async def judge(self, ground: Ground, findings: Findings) -> None:
        findings.breaks("a courier has what another one has, or did not pick up", self._wrong)
        findings.breaks("delivered twice", (f"{order}: {n}" for order, n in self._delivered.items() if n > 1))
        findings.measured(delivered_by_courier=self._delivered.total())
