"""Sends tickets and their withdrawals to the queues of restaurants, at least once. A message has the id of its event on every
try, and a mark where an earlier try may have reached the queue."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from agents.kitchen.decider import DECIDER
from agents.kitchen.publishing import Kitchens, publish_into
from agents.kitchen.queues import queue_of
from agents.runtime.reading.aside import NotNow
from agents.runtime.reading.states import States
from stores.protocol import DomainStore
from stores.rabbit import Message, NotTaken, Silent, Value
from topics.contracts import kitchen_commands
from topics.contracts.kitchen_commands import RecordMessage
from topics.contracts.kitchen_events import Outcome, TicketOpened, TicketWithdrawn
from topics.contracts.restaurant_events import RestaurantOpened
from topics.deciding.decision import Send
from topics.documents.kitchen import Ticket, Withdrawal
from topics.messages import headers
from topics.messages.event import EventMeta

TICKET, CANCELLED = "ticket", "cancelled"
"""`type` of a message."""
REPEATED = "x-repeated"
"""Header: the message may have come before, under the same id."""

_LATEST = timedelta(minutes=1)  # after its time: so long a ticket is tried again that its queue did not take
_PATIENCE = timedelta(days=1)  # with a queue that does not take a withdrawal


class Waiter:
    """Brings to the kitchens what they are to know. life: of a message that waits for no answer, in its queue. No longer than a
    ticket's: RabbitMQ looks at the first message of a queue only."""

    def __init__(self, kitchens: Kitchens, store: DomainStore, life: timedelta) -> None:
        self._kitchens = kitchens
        self._tickets = States(DECIDER, store)
        self._life = life

    async def make_queue(self, event: RestaurantOpened, meta: EventMeta) -> Iterable[Send]:
        await self._kitchens.declare(queue_of(meta.aggregate_id))
        return ()

    async def bring(self, event: TicketOpened | TicketWithdrawn, meta: EventMeta) -> Iterable[Send]:
        """The outcome, as a command to the same ticket. Raises as agents.runtime.reading.performing.Perform has it."""
        if isinstance(event, TicketOpened):
            outcome = await self._ticket(event, meta)
        else:
            outcome = await self._withdrawal(event, meta)
        recorded = RecordMessage(message_id=meta.id, outcome=outcome)
        return (Send(kitchen_commands.TOPIC, meta.aggregate_id, recorded),)

    async def _ticket(self, event: TicketOpened, meta: EventMeta) -> Outcome:
        """Where RabbitMQ was away, the order may have ended meanwhile. An order without an answer in time ends by itself."""
        if (await self._tickets.of(meta.aggregate_id)).withdrawn is not None:
            return "withdrawn"
        left = event.expires_at - datetime.now(UTC)
        if left <= timedelta() and not event.auto:
            return "late"
        ticket = Ticket(
            order_id=meta.aggregate_id,
            restaurant_id=event.restaurant_id,
            items=event.items,
            note=event.note,
            due_at=event.due_at,
            expires_at=event.expires_at,
            restaurant_name=event.restaurant_name,
            delivery=event.delivery,
            payment_method=event.payment_method,
            total=event.total,
            auto=event.auto,
            gift_note=event.gift_note,
        )
        expires = left if left > timedelta() else self._life
        try:
            await self._publish(event.restaurant_id, TICKET, ticket, expires, meta)
        except (NotTaken, Silent) as error:
            raise NotNow(str(error), until=event.expires_at + _LATEST) from None
        return "sent"

    async def _withdrawal(self, event: TicketWithdrawn, meta: EventMeta) -> Outcome:
        withdrawal = Withdrawal(
            order_id=meta.aggregate_id,
            restaurant_id=event.restaurant_id,
            status=event.status,
            reason=event.reason,
        )
        try:
            await self._publish(event.restaurant_id, CANCELLED, withdrawal, self._life, meta)
        except (NotTaken, Silent) as error:
            raise NotNow(str(error), until=event.withdrawn_at + _PATIENCE) from None
        return "sent"

    async def _publish(
        self, restaurant_id: str, kind: str, body: msgspec.Struct, expires: timedelta, meta: EventMeta
    ) -> None:
        message = Message(
            id=meta.id,
            type=kind,
            body=msgspec.json.encode(body),
            headers=about(meta.traceparent, repeated=meta.again),
            expires=expires,
            correlation_id=meta.correlation_id,
        )
        await publish_into(self._kitchens, queue_of(restaurant_id), message)


def about(traceparent: str, *, repeated: bool) -> dict[str, Value]:
    """Headers of a message to a kitchen. A kitchen that hands `traceparent` back in its answer makes one trace of both."""
    traced: dict[str, Value] = {headers.TRACEPARENT: traceparent} if traceparent else {}
    return {**traced, REPEATED: True} if repeated else traced
