"""What was taken for an order, less what was paid back, is its total where it was handed over, and nothing where it was not."""

from collections import Counter, defaultdict

import msgspec

from infra.audit.check import Ground
from infra.audit.ends import CAME_TO_NOTHING, HANDED_OVER, PLACED
from infra.audit.findings import Findings
from infra.audit.topic_log import Entry
from topics.contracts import all_topics
from topics.contracts.order_events import OrderPlaced

BY_CARD, AT_DOOR, BACK = "AmountCaptured", "SettledAtDoor", "AmountRefunded"
_FREE = frozenset({BY_CARD, "HoldReleased", "AuthorizationDeclined"})
_BROKEN_WORD = frozenset({"CaptureRefused", "RefundRefused"})
"""The bank does not do what it had promised: somebody has to look, and no rule says what is right."""


class _Amounts(msgspec.Struct):
    amount: int = 0
    entries: tuple[dict[str, str | int], ...] = ()


_amounts = msgspec.json.Decoder(_Amounts)


class MoneyCheck:
    """sums: by type of event, the order's kuruş. Orders of before there were payments have none, and are not judged."""

    name = "money"
    promise = "taken less paid back is the total of what was handed over, nothing else is charged, the ledger is zero"
    domains = frozenset({"order", "payment"})

    def __init__(self) -> None:
        self.sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._orders = all_topics()["order_events"]
        self._totals: dict[str, int] = {}
        self._ends: dict[str, str] = {}
        self._asked: set[str] = set()  # orders that have a payment
        self._held: set[str] = set()
        self._broken_word: set[str] = set()
        self._settled = Counter[str]()
        self._uneven: list[str] = []
        self._accounts = Counter[str]()

    def see(self, event: Entry, *, again: bool) -> None:
        if again:
            return
        if event.domain == "payment":
            self._payment(event)
        elif event.type == PLACED:
            placed = self._orders.decode(event.type, event.body, event.schema_version)
            assert isinstance(placed, OrderPlaced)
            self._totals[event.aggregate] = placed.total
        elif event.type in HANDED_OVER | CAME_TO_NOTHING:
            self._ends.setdefault(event.aggregate, event.type)

    def _payment(self, event: Entry) -> None:
        order, type = event.aggregate, event.type
        self._asked.add(order)
        if type == "AuthorizationGranted":
            self._held.add(order)
        elif type in _FREE:
            self._held.discard(order)
        if type in _BROKEN_WORD:
            self._broken_word.add(order)
        if type in (BY_CARD, AT_DOOR, BACK):
            said = _amounts.decode(event.body)
            self.sums[type][order] += said.amount
            self._settled[order] += type != BACK
            self._book(event, said)

    def _book(self, event: Entry, said: _Amounts) -> None:
        sums = Counter[str]()
        for entry in said.entries:
            sums[str(entry["account"])] += int(entry["amount"])
        if sums.total():
            self._uneven.append(f"{event.aggregate} version {event.version}: {dict(sums)}")
        self._accounts.update(sums)

    async def judge(self, ground: Ground, findings: Findings) -> None:
        findings.breaks("entries that do not sum to zero", self._uneven)
        findings.breaks(
            "taken twice", (f"{order}: {times} times" for order, times in self._settled.items() if times > 1)
        )
        for order in (self._ends.keys() & self._asked) - self._broken_word:
            self._judge(order, findings)
        taken, back = self.sums[BY_CARD].total() + self.sums[AT_DOOR].total(), self.sums[BACK].total()
        findings.measured(
            taken=taken, paid_back=back, ledger=self._accounts.total(), broken_word=len(self._broken_word),
            handed_over=sum(self._totals.get(order, 0) for order, end in self._ends.items()
                            if end in HANDED_OVER and order in self._asked),
        )  # fmt: skip

    def _judge(self, order: str, findings: Findings) -> None:
        """Of an order that has ended."""
        taken, back = self.sums[BY_CARD][order] + self.sums[AT_DOOR][order], self.sums[BACK][order]
        total = self._totals.get(order, 0)
        if back > taken:
            findings.breaks("paid back more than was taken", [f"{order}: {back} of {taken}"])
        if self._ends[order] in HANDED_OVER and taken != total:
            findings.breaks("handed over and not paid", [f"{order}: {taken} of {total}"])
        if self._ends[order] in CAME_TO_NOTHING and taken != back:
            findings.breaks("came to nothing and is charged", [f"{order}: {taken - back}"])
        if order in self._held:
            findings.breaks("has ended, and money is still held for it", [order])
