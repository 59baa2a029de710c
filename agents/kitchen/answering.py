"""Takes what comes back from the kitchens: answers, and tickets that nobody took. Each becomes a command to its order, and is
acknowledged when Kafka has that. What comes twice leads to the same command twice, which the order's inbox knows."""

import hashlib
from typing import Protocol

import msgspec
import structlog

from agents.kitchen.decider import DECIDER
from agents.kitchen.effect import TICKET
from agents.kitchen.publishing import Kitchens, publish_into
from agents.kitchen.queues import DEAD_LETTERS
from agents.kitchen.replies import LARGEST, Unusable, command_id, command_of, read
from agents.runtime.reading.states import States
from stores.protocol import DomainStore
from stores.rabbit import Delivery, Message, NotTaken, Unroutable, Value
from stores.tracing import of_traceparent
from topics.contracts import order_commands
from topics.contracts.order_commands import ExpireTicket
from topics.documents.kitchen import KitchenAnswer, KitchenReply, Ticket, Wrong
from topics.messages import headers, ids
from topics.messages import message as messages
from topics.messages.reply import Reply
from topics.messages.topic import Topic
from topics.values.fields import OrderStatus

log = structlog.get_logger()

ANSWER_SECONDS = 5.0
"""For the order's decision, where a kitchen wants to know it."""
REASON, CUT, USER = "x-reason", "x-cut", "x-user"
"""Headers of an answer that cannot be used: why; how many bytes it had, where they are not all here; who sent it."""
_OURS = ("kitchen.", "logs")
"""How the names of queues begin that are no kitchen's to name in `reply_to`."""

_ticket = msgspec.json.Decoder(Ticket)


class _Shown(msgspec.Struct, frozen=True):
    """Of an order's document."""

    status: OrderStatus | None = None


class _Refused(msgspec.Struct, frozen=True):
    """Of the members of an order's refusal."""

    order_status: OrderStatus | None = None


_shown = msgspec.json.Decoder(_Shown)


class Orders(Protocol):
    """Both raise Unavailable where Kafka is away."""

    async def send(self, topic: Topic, key: str, message: messages.Message, id: str, traceparent: str = "") -> None: ...

    async def ask(
        self, topic: Topic, key: str, message: messages.Message, id: str, seconds: float, traceparent: str = ""
    ) -> Reply | None: ...


class Answering:
    """own_accounts: see agents.kitchen.replies.read."""

    def __init__(self, kitchens: Kitchens, store: DomainStore, orders: Orders, *, own_accounts: bool) -> None:
        self._kitchens = kitchens
        self._tickets = States(DECIDER, store)
        self._orders = orders
        self._own_accounts = own_accounts

    async def take(self, delivery: Delivery) -> None:
        """An answer. Raises Doubt."""
        try:
            reply, restaurant_id = await self._understood(delivery)
        except Unusable as why:
            await self._bury(delivery, why)
            await self._tell(delivery, _refused(why))
            return
        command, id = command_of(reply, restaurant_id), command_id(delivery, reply, restaurant_id)
        traced = _traceparent(delivery)
        if not delivery.reply_to:
            await self._orders.send(order_commands.TOPIC, reply.order_id, command, id, traced)
            return
        outcome = await self._orders.ask(order_commands.TOPIC, reply.order_id, command, id, ANSWER_SECONDS, traced)
        await self._tell(delivery, _answer(reply.order_id, outcome))

    async def take_unanswered(self, delivery: Delivery) -> None:
        """A message that its queue gave up. Raises Doubt.

        What a kitchen's system refused is not the restaurant's answer: its owner may still give one, until the order's own
        time is over.
        """
        if delivery.type != TICKET:
            return
        try:
            ticket = _ticket.decode(delivery.body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            await self._bury(delivery, Unusable("no_ticket", f"no ticket of ours: {error}"[:200]))
            return
        why = delivery.headers.get("x-first-death-reason")
        if ticket.auto or why != "expired":
            log.info("ticket_given_up", order=ticket.order_id, restaurant=ticket.restaurant_id, why=str(why)[:40])
            return
        expired = ExpireTicket(restaurant_id=ticket.restaurant_id)
        id = ids.derive(delivery.id or ticket.order_id, "ticket expired")
        await self._orders.send(order_commands.TOPIC, ticket.order_id, expired, id)

    async def _understood(self, delivery: Delivery) -> tuple[KitchenReply, str]:
        """The answer, and the restaurant whose kitchen gave it. Raises Unusable, Doubt."""
        if delivery.reply_to.startswith(_OURS):
            raise Unusable("invalid_input", "reply_to: is to name a queue of the kitchen's own")
        reply = read(delivery, own_accounts=self._own_accounts)
        has_it = (await self._tickets.of(reply.order_id)).restaurant_id
        if has_it is None or reply.restaurant_id not in (None, has_it):
            raise Unusable("not_found", "no ticket of this order came to this kitchen")
        return reply, has_it

    async def _bury(self, delivery: Delivery, why: Unusable) -> None:
        """Its bytes are kept as they came, for whoever looks why a kitchen's answers have no effect."""
        headers: dict[str, Value] = {REASON: f"{why.code}: {why.detail}", USER: delivery.user_id}
        if len(delivery.body) > LARGEST:
            headers[CUT] = len(delivery.body)
        kept = Message(
            id=delivery.id or hashlib.sha256(delivery.body).hexdigest(),
            type=delivery.type,
            body=delivery.body[:LARGEST],
            headers=headers,
            correlation_id=delivery.correlation_id,
            content_type="application/octet-stream",
        )
        log.warning("kitchen_reply_unusable", message=kept.id, user=delivery.user_id, why=str(why)[:200])
        await publish_into(self._kitchens, DEAD_LETTERS, kept)

    async def _tell(self, delivery: Delivery, answer: KitchenAnswer) -> None:
        """Raises Unavailable."""
        if not delivery.reply_to or delivery.reply_to.startswith(_OURS):
            return
        told = Message(
            id=ids.derive(delivery.id or hashlib.sha256(delivery.body).hexdigest(), "kitchen answer"),
            type="answer",
            body=msgspec.json.encode(answer),
            correlation_id=delivery.correlation_id or delivery.id,
        )
        try:
            await self._kitchens.publish("", delivery.reply_to, told)
        except (Unroutable, NotTaken) as error:
            log.info("kitchen_not_told", message=delivery.id, why=str(error)[:200])


def _traceparent(delivery: Delivery) -> str:
    """As the ticket had it, where the kitchen hands it back; else empty."""
    said = delivery.headers.get(headers.TRACEPARENT)
    return said if isinstance(said, str) and of_traceparent(said) else ""


def _refused(why: Unusable) -> KitchenAnswer:
    errors = tuple(Wrong(field=fault.field, message=fault.why) for fault in why.faults)
    return KitchenAnswer(outcome="refused", code=why.code, detail=why.detail, errors=errors)


def _answer(order_id: str, outcome: Reply | None) -> KitchenAnswer:
    """outcome: of the order's decision; None: it is not known yet."""
    if outcome is None:
        return KitchenAnswer(outcome="pending", order_id=order_id)
    if outcome.status == "done":
        status = _shown.decode(bytes(outcome.body) or b"{}").status
        return KitchenAnswer(outcome="done", order_id=order_id, status=status)
    status = msgspec.convert(outcome.more or {}, _Refused).order_status
    return KitchenAnswer(outcome="refused", order_id=order_id, status=status, code=outcome.code, detail=outcome.detail)
