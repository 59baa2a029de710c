"""Asks the provider for what was requested. The id of the event is the idempotency key: doubt asks the same again, and
nothing is held, taken or paid back twice.

What the provider or a bank does not do now for one payment is tried again for a week, and the payments of others go on. An
authorization that nobody waits for any more is not asked for: the void that follows it closes the payment at the provider.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol

from agents.payment.decider import DECIDER
from agents.runtime.reading.aside import NotNow
from agents.runtime.reading.states import States
from stores.payment import Deferred, Refused
from stores.protocol import DomainStore
from topics.contracts import payment_commands
from topics.contracts.payment_commands import Operation, RecordRefusal, RecordReport, Report
from topics.contracts.payment_events import (
    AuthorizationRequested,
    CaptureRequested,
    PaymentErased,
    RefundRequested,
    VoidRequested,
)
from topics.deciding.decision import Send
from topics.messages.event import EventMeta

PATIENCE = timedelta(days=7)  # after the request; a bank holds an amount about as long

Asked = AuthorizationRequested | CaptureRequested | VoidRequested | RefundRequested | PaymentErased


class Provider(Protocol):
    """reference: the order's id. amount: kuruş. customer: the user's id. key: idempotency key; the same key again is answered
    as the first time.

    Each raises Refused where it is never done, Deferred where it cannot be done now or nothing was answered, and
    stores.errors.Unavailable where the provider is away.
    """

    async def authorize(self, reference: str, amount: int, card: str | None, customer: str, key: str) -> Report: ...
    async def capture(self, reference: str, amount: int, key: str) -> Report: ...
    async def void(self, reference: str, key: str) -> Report: ...
    async def refund(self, reference: str, amount: int, key: str) -> Report: ...
    async def forget(self, customer: str, key: str) -> None: ...


class Cashier:
    def __init__(self, provider: Provider, store: DomainStore) -> None:
        self._provider = provider
        self._payments = States(DECIDER, store)

    async def perform(self, event: Asked, meta: EventMeta) -> Iterable[Send]:
        """The outcome, as a command to the same payment. Raises as agents.runtime.reading.performing.Perform has it: a void
        that is refused becomes a dead letter, since somebody has to look at the provider's books."""
        try:
            report = await self._asked(event, meta)
        except Deferred as error:
            raise NotNow(str(error), until=meta.at + PATIENCE) from None
        except Refused as error:
            operation = _OPERATIONS.get(type(event))
            if operation is None:
                raise
            amount = event.amount if isinstance(event, RefundRequested) else 0
            refusal = RecordRefusal(operation=operation, code=error.code, amount=amount)
            return (Send(payment_commands.TOPIC, meta.aggregate_id, refusal),)
        return () if report is None else (Send(payment_commands.TOPIC, meta.aggregate_id, RecordReport(report=report)),)

    async def _asked(self, event: Asked, meta: EventMeta) -> Report | None:
        match event:
            case AuthorizationRequested():
                return await self._authorized(meta)
            case CaptureRequested(amount=amount):
                return await self._provider.capture(meta.aggregate_id, amount, meta.id)
            case VoidRequested():
                return await self._provider.void(meta.aggregate_id, meta.id)
            case RefundRequested(amount=amount):
                return await self._provider.refund(meta.aggregate_id, amount, meta.id)
            case PaymentErased(user_id=user_id):
                return await self._provider.forget(user_id, meta.id)

    async def _authorized(self, meta: EventMeta) -> Report | None:
        """None: not wanted any more, or answered before. The card is in the state alone, and on no topic of events."""
        payment = await self._payments.of(meta.aggregate_id)
        if not payment.awaits_asking:
            return None
        return await self._provider.authorize(meta.aggregate_id, payment.amount, payment.card, payment.user_id, meta.id)


_OPERATIONS: dict[type, Operation] = {
    AuthorizationRequested: "authorize", CaptureRequested: "capture", RefundRequested: "refund",
}  # fmt: skip
