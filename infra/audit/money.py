"""What was taken for an order, less what was paid back, is its total where it was handed over, and nothing where it was not."""

from collections import Counter, defaultdict

import msgspec

from infra.audit.check import Ground
from infra.audit.distinct import Distinct
from infra.audit.ends import CAME_TO_NOTHING, HANDED_OVER, PLACED
from infra.audit.findings import Findings
from infra.audit.topic_log import Entry
from topics.contracts import all_topics

_HELD = "AuthorizationGranted"
_FREE = frozenset({"HoldReleased", "AmountCaptured", "AuthorizationDeclined"})
_TAKEN = frozenset({"AmountCaptured", "SettledAtDoor"})


class _Amounts(msgspec.Struct):
    amount: int = 0
    entries: tuple[dict[str, str | int], ...] = ()


_amounts = msgspec.json.Decoder(_Amounts)


class MoneyCheck:
    name = "money"
    promise = "what was taken less what was paid back is the total of what was handed over; the ledger is zero"
    domains = frozenset({"order", "payment"})

    def __init__(self) -> None:
        self._distinct = Distinct()
        self._orders = all_topics()["order_events"]
        self._totals: dict[str, int] = {}
        self._ends: dict[str, str] = {}
        self._taken, self._back = Counter[str](), Counter[str]()
        self._settled: defaultdict[str, list[str]] = defaultdict(list)
        self._asked: set[str] = set()  # orders that have a payment
        self._held: set[str] = set()
        self._uneven: list[str] = []
        self._accounts = Counter[str]()

    def see(self, event: Entry) -> None:
        if self._distinct.is_new(event):
            self._order(event) if event.domain == "order" else self._payment(event)

    def _order(self, event: Entry) -> None:
        if event.type == PLACED:
            # By the contract: amounts of older versions were in lira.
            placed = self._orders.decode(event.type, event.body, event.schema_version)
            self._totals[event.aggregate] = placed.total  # type: ignore[attr-defined]
        elif event.type in HANDED_OVER | CAME_TO_NOTHING:
            self._ends.setdefault(event.aggregate, event.type)

    def _payment(self, event: Entry) -> None:
        order, type = event.aggregate, event.type
        self._asked.add(order)
        if type == _HELD:
            self._held.add(order)
        elif type in _FREE:
            self._held.discard(order)
        if type in _TAKEN or type == "AmountRefunded":
            said = _amounts.decode(event.body)
            (self._taken if type in _TAKEN else self._back)[order] += said.amount
            if type in _TAKEN:
                self._settled[order].append(type)
            self._book(event, said)

    def _book(self, event: Entry, said: _Amounts) -> None:
        sums = Counter[str]()
        for entry in said.entries:
            sums[str(entry["account"])] += int(entry["amount"])
        if sum(sums.values()):
            self._uneven.append(f"{event.aggregate} version {event.version}: {dict(sums)}")
        self._accounts.update(sums)

    async def judge(self, ground: Ground, findings: Findings) -> None:
        """Orders of before there were payments have none, and are not judged."""
        findings.breaks("entries that do not sum to zero", self._uneven)
        findings.breaks("taken twice", (f"{order}: {of}" for order, of in self._settled.items() if len(of) > 1))
        findings.breaks(
            "paid back more than was taken",
            (
                f"{order}: {back} of {self._taken[order]}"
                for order, back in self._back.items()
                if back > self._taken[order]
            ),
        )
        for order in self._ends.keys() & self._asked:
            total, left = self._totals.get(order, 0), self._taken[order] - self._back[order]
            if self._ends[order] in HANDED_OVER and self._taken[order] != total:
                findings.breaks("handed over and not paid", [f"{order}: {self._taken[order]} of {total}"])
            if self._ends[order] in CAME_TO_NOTHING and left:
                findings.breaks("came to nothing and was charged", [f"{order}: {left}"])
            if order in self._held:
                findings.breaks("ended, and money is still held", [order])
        findings.measured(
            taken=self._taken.total(), paid_back=self._back.total(), ledger=sum(self._accounts.values()),
            accounts=dict(sorted(self._accounts.items())),
        )  # fmt: skip
