"""What the provider is asked for, and what it reports back."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from agents.payment.decider import DECIDER
from agents.payment.effect import PATIENCE, Cashier
from agents.payment.payment import Payment
from agents.runtime.reading.aside import NotNow
from stores.errors import Unavailable
from stores.payment import Deferred, Refused
from stores.protocol import Stored
from tests.agents.payment.test_payment import CAPTURING, CHALLENGED, GRANTED, REQUESTED, SUM, VOIDING
from tests.agents.scenario import ID, evolved
from topics.contracts import payment_commands
from topics.contracts.payment_commands import RecordRefusal, RecordReport, Report
from topics.contracts.payment_events import AuthorizationPending, CaptureRequested, PaymentErased, RefundRequested
from topics.deciding.decision import Send
from topics.messages.event import EventMeta

META = EventMeta("event-1", ID, 1, datetime.now(UTC))
REPORT = Report(reference=ID, sequence=1, status="authorized", amount=SUM)
REFUND = RefundRequested(amount=500, reason="x")


@dataclass
class Provider:
    """Answers, or raises."""

    error: Exception | None = None
    asked: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])

    async def authorize(self, reference: str, amount: int, card: str | None, customer: str, key: str) -> Report:
        return self._say("authorize", reference, amount, card, customer, key)

    async def capture(self, reference: str, amount: int, key: str) -> Report:
        return self._say("capture", reference, amount, key)

    async def void(self, reference: str, key: str) -> Report:
        return self._say("void", reference, key)

    async def refund(self, reference: str, amount: int, key: str) -> Report:
        return self._say("refund", reference, amount, key)

    async def forget(self, customer: str, key: str) -> None:
        self._say("forget", customer, key)

    def _say(self, *asked: Any) -> Report:
        self.asked.append(asked)
        if self.error is not None:
            raise self.error
        return REPORT


@dataclass
class States:
    payment: Payment | None

    async def states(self, ids: Any) -> dict[str, Stored]:
        return {} if self.payment is None else {ID: Stored(1, msgspec.json.encode(self.payment))}


def state(*events: Any) -> States:
    return States(evolved(DECIDER, DECIDER.state(), events))


async def performed(provider: Provider, event: Any, *before: Any) -> list[Send]:
    return list(await Cashier(provider, state(*before, event)).perform(event, META))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("event", "asked"),
    [
        (REQUESTED, ("authorize", ID, SUM, "tok_success", "user-1", "event-1")),
        (CAPTURING, ("capture", ID, SUM, "event-1")),
        (VOIDING, ("void", ID, "event-1")),
        (REFUND, ("refund", ID, 500, "event-1")),
    ],
)
async def test_the_events_id_is_the_key_and_the_answer_is_recorded(event: Any, asked: tuple[Any, ...]) -> None:
    provider = Provider()
    sends = await performed(provider, event)
    assert provider.asked == [asked]
    assert sends == [Send(payment_commands.TOPIC, ID, RecordReport(report=REPORT))]


async def test_the_provider_forgets_the_card_of_who_is_erased() -> None:
    provider = Provider()
    assert await performed(provider, PaymentErased(user_id="user-1")) == []
    assert provider.asked == [("forget", "user-1", "event-1")]


@pytest.mark.parametrize("later", [CHALLENGED, GRANTED, VOIDING, AuthorizationPending(sequence=1)])
async def test_who_is_not_wanted_any_more_is_not_asked(later: Any) -> None:
    provider = Provider()
    assert list(await Cashier(provider, state(REQUESTED, later)).perform(REQUESTED, META)) == []  # type: ignore[arg-type]
    assert provider.asked == []


@pytest.mark.parametrize("event", [REQUESTED, CAPTURING, VOIDING, REFUND])
async def test_one_payment_that_cannot_be_done_now_is_tried_for_a_week(event: Any) -> None:
    with pytest.raises(NotNow, match="the bank") as caught:
        await performed(Provider(Deferred("the bank does not answer")), event)
    assert caught.value.until == META.at + PATIENCE


async def test_a_provider_that_is_away_is_no_outcome() -> None:
    with pytest.raises(Unavailable):
        await performed(Provider(Unavailable("provider", "down")), REQUESTED)


@pytest.mark.parametrize(
    ("event", "operation", "amount"),
    [(REQUESTED, "authorize", 0), (CaptureRequested(amount=SUM), "capture", 0), (REFUND, "refund", 500)],
)
async def test_what_is_never_done_is_recorded(event: Any, operation: Any, amount: int) -> None:
    refusal = RecordRefusal(operation=operation, code="expired", amount=amount)
    assert await performed(Provider(Refused("expired")), event) == [Send(payment_commands.TOPIC, ID, refusal)]


async def test_a_void_that_is_refused_is_a_dead_letter() -> None:
    with pytest.raises(Refused):
        await performed(Provider(Refused("already_captured")), VOIDING)
