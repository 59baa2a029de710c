"""Every checkout becomes one order, and every order that was placed ends once."""

from collections import Counter, defaultdict

import msgspec

from infra.audit.check import Ground
from infra.audit.ends import COURSE, ENDS, PLACED, REFUSED
from infra.audit.findings import Findings
from infra.audit.topic_log import Entry


class _CheckedOut(msgspec.Struct):
    order_id: str


class _Placed(msgspec.Struct):
    pay_by: str | None = None


_checked_out = msgspec.json.Decoder(_CheckedOut)
_placed = msgspec.json.Decoder(_Placed)


class OrdersCheck:
    name = "orders"
    promise = "each checkout is one order, and each order that was placed ends once"
    domains = frozenset({"basket", "order"})

    def __init__(self) -> None:
        self._checkouts: set[str] = set()
        self._begun = Counter[str]()  # order → how often it was placed or refused
        self._placed: set[str] = set()
        self._timed: set[str] = set()  # of those, the ones for which a timer must wait until they have ended
        self._ended: defaultdict[str, list[str]] = defaultdict(list)
        self._went_on: list[str] = []

    def see(self, event: Entry, *, again: bool) -> None:
        if again:
            return
        order, type = event.aggregate, event.type
        if event.domain == "basket":
            if type == "CheckedOut":
                self._checkouts.add(_checked_out.decode(event.body).order_id)
            return
        if type in (PLACED, REFUSED):
            self._begun[order] += 1
        if type == PLACED:
            self._placed.add(order)
            if _placed.decode(event.body).pay_by is not None:  # else it is of before there were payments
                self._timed.add(order)
        if type in COURSE and order in self._ended:
            self._went_on.append(f"{order}: {type} after {self._ended[order][0]}")
        if type in ENDS:
            self._ended[order].append(type)

    async def judge(self, ground: Ground, findings: Findings) -> None:
        timed = {row.key for row in await ground.books.of("order").timers("order")}
        findings.breaks(
            "checkouts without exactly one order",
            (f"{order}: {self._begun[order]}" for order in self._checkouts if self._begun[order] != 1),
        )
        findings.breaks(
            "ended more than once", (f"{order}: {', '.join(of)}" for order, of in self._ended.items() if len(of) > 1)
        )
        findings.breaks("ended and not placed", self._ended.keys() - self._placed)
        findings.breaks("went on after its end", self._went_on)
        under_way = self._placed - self._ended.keys()
        findings.breaks("under way, and no timer will end it", (under_way & self._timed) - timed)
        if ground.at_rest:
            findings.breaks("under way", under_way)
        ends = Counter(of[0] for of in self._ended.values())
        findings.measured(placed=len(self._placed), under_way=len(under_way), ended=dict(sorted(ends.items())))
