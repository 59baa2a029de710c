"""One payment with the sandbox provider's own bank, without processes: the decider decides, the effect's requests are done by
the bank, and what the bank says comes when the test wants it, lost, twice or in another order."""

import json
import time
from collections.abc import Iterable
from typing import Any

import msgspec

from agents.payment import policy
from agents.payment.decider import DECIDER
from agents.payment.facts import Facts
from agents.payment.payment import Payment
from infra.provider.bank import Bank
from infra.provider.books import Answer, Books
from tests.agents.scenario import ID, NOW, stored
from topics.contracts.payment_commands import RecordRefusal, RecordReport, Report
from topics.contracts.payment_events import (
    AuthorizationRequested,
    CaptureRequested,
    Event,
    RefundRequested,
    VoidRequested,
)
from topics.deciding.decision import Context
from topics.messages.event import EventMeta
from topics.messages.message import Message

ASKED = (AuthorizationRequested, CaptureRequested, VoidRequested, RefundRequested)


class Flow:
    """state: the payment's. events: all of them. told: what the order hears. asked: events whose effects are to come, in order.
    said: reports that are on their way. alarms: timers that are set."""

    def __init__(self) -> None:
        self.state = Payment()
        self.events: list[Event] = []
        self.told: list[Message] = []
        self.asked: list[tuple[str, Event]] = []
        self.said: list[Message] = []
        self.alarms: dict[str, Message] = {}
        self.books = Books(":memory:", "https://bank.example")
        self.bank = Bank(self.books, late=0.0, wake=lambda: None)

    def do(self, command: Message) -> None:
        context = Context("command", ID, NOW)
        decision = DECIDER.decide(command, self.state, Facts(), context)
        for event in decision.events:
            self.state = stored(DECIDER.evolve(self.state, event))
            self.events.append(event)
            meta = EventMeta(f"event-{len(self.events)}", ID, len(self.events), NOW)
            self.told += [send.message for send in policy.react(event, meta, self.state)]
            if isinstance(event, ASKED):
                self.asked.append((meta.id, event))
        for name in decision.cancels:
            self.alarms.pop(name, None)
        self.alarms |= {timer.name: timer.command for timer in decision.timers}

    def alarm(self) -> None:
        for name in list(self.alarms):
            self.do(self.alarms.pop(name))

    def ask(self, *, lost: bool = False) -> None:
        """The effect of the first event that has not ended. lost: the bank has done it, and nobody hears its answer."""
        if not self.asked:
            return
        key, event = self.asked[0]
        answer = self._answered(key, event)
        if lost or (answer is not None and answer.status == 424):
            return
        self.asked.pop(0)
        if answer is not None:
            self.said.append(self._command(event, answer))

    def _answered(self, key: str, event: Event) -> Answer | None:
        bank, once = self.bank, self.books.once
        match event:
            case AuthorizationRequested():
                if not self.state.awaits_asking:
                    return None
                card, user = self.state.card, self.state.user_id
                return once(key, "authorize", lambda: bank.authorize(ID, self.state.amount, card, user, key))
            case CaptureRequested(amount=amount):
                return once(key, "capture", lambda: bank.capture(ID, amount, key))
            case RefundRequested(amount=amount):
                return once(key, "refund", lambda: bank.refund(ID, amount, key))
            case _:
                return once(key, "void", lambda: bank.void(ID, key))

    def _command(self, event: Event, answer: Answer) -> Message:
        if answer.status == 200:
            return RecordReport(report=msgspec.convert(answer.body, Report))
        assert not isinstance(event, VoidRequested), f"a void is never refused: {answer}"
        operation: Any = type(event).__name__.removesuffix("Requested").lower().replace("authorization", "authorize")
        amount = event.amount if isinstance(event, RefundRequested) else 0
        return RecordRefusal(operation=operation, code=answer.body["code"], amount=amount)

    def later(self) -> None:
        """The banks say what they say later; all callbacks come on their way, also copies."""
        self.bank.go_on(time.time() + 1)
        for callback in self.books.callbacks(time.time() + 2, 100):
            body = json.loads(callback.body)
            del body["id"]
            self.said += [RecordReport(report=msgspec.convert(body, Report))] * callback.copies
            self.books.forget(callback)

    def challenged(self, *, passed: bool) -> None:
        known = self.books.payment(ID)
        if known is not None and known["challenge"]:
            self.bank.answer_challenge(known["challenge"], passed=passed)

    def hear(self, place: int, *, again: bool = False) -> None:
        """One of the reports. again: it comes once more later."""
        if self.said:
            place %= len(self.said)
            self.do(self.said[place] if again else self.said.pop(place))

    def end(self) -> None:
        """All that is on its way comes, and time passes."""
        for _ in range(20):
            self.later()
            while self.said:
                self.hear(0)
            self.ask()
        self.alarm()
        for _ in range(20):
            self.ask()
            self.later()
            while self.said:
                self.hear(0)

    def movements(self, kind: str) -> list[int]:
        return [each["amount"] for each in self.books.movements(ID) if each["kind"] == kind]

    def heard(self, kind: type[Message]) -> list[Any]:
        return [each for each in self.told if isinstance(each, kind)]


def entries(events: Iterable[Event]) -> list[Any]:
    return [entry for event in events for entry in getattr(event, "entries", ())]
