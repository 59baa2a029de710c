"""An order that is sent to the kitchen has one ticket, under its id; and each message to a kitchen is recorded once."""

from collections import Counter, defaultdict

import msgspec

from infra.audit.check import Ground
from infra.audit.ends import CAME_TO_NOTHING
from infra.audit.findings import Findings
from infra.audit.topic_log import Entry


class _Recorded(msgspec.Struct):
    message_id: str
    outcome: str


_recorded = msgspec.json.Decoder(_Recorded)


class TicketsCheck:
    name = "tickets"
    promise = "an order that is sent to the kitchen has one ticket"
    domains = frozenset({"order", "kitchen"})

    def __init__(self) -> None:
        self._sent = Counter[str]()
        self._nothing: set[str] = set()
        self._tickets = Counter[str]()
        self._messages: defaultdict[str, list[str]] = defaultdict(list)

    def see(self, event: Entry, *, again: bool) -> None:
        if again:
            return
        order = event.aggregate
        if event.type == "OrderSentToKitchen":
            self._sent[order] += 1
        elif event.type in CAME_TO_NOTHING:
            self._nothing.add(order)
        elif event.type == "TicketOpened":
            self._tickets[order] += 1
        elif event.type == "MessageRecorded":
            said = _recorded.decode(event.body)
            self._messages[said.message_id].append(said.outcome)

    async def judge(self, ground: Ground, findings: Findings) -> None:
        findings.breaks("sent to the kitchen twice", (order for order, n in self._sent.items() if n > 1))
        findings.breaks("several tickets of an order", (f"{order}: {n}" for order, n in self._tickets.items() if n > 1))
        findings.breaks("tickets of no order", self._tickets.keys() - self._sent.keys())
        # One that has ended meanwhile needs none.
        findings.breaks("no ticket", self._sent.keys() - self._tickets.keys() - self._nothing)
        findings.breaks(
            "a message recorded twice", (f"{id}: {', '.join(of)}" for id, of in self._messages.items() if len(of) > 1)
        )
        outcomes = Counter(outcome for of in self._messages.values() for outcome in of)
        findings.measured(tickets=self._tickets.total(), messages=dict(sorted(outcomes.items())))
