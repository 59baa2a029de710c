"""Takes what comes back from the kitchens: answers, and tickets that nobody took. Each becomes a command to its order, and is
acknowledged when Kafka has that. What comes twice leads to the same command twice, which the order's inbox knows."""

import hashlib
from datetime import timedelta
from typing import Final, Protocol

import msgspec
import structlog

from agents.kitchen.decider import DECIDER
from agents.kitchen.effect import CANCELLED, about
from agents.kitchen.publishing import Kitchens, publish_into
from agents.kitchen.queues import DEAD_LETTERS, queue_of
from agents.kitchen.replies import LARGEST, Unusable, command_id, command_of, read
from agents.runtime.reading.states import States
from stores.errors import Doubt
from stores.protocol import DomainStore
from stores.rabbit import Delivery, Message, NotTaken, Silent, Unroutable, Value
from stores.tracing import of_traceparent
from topics.contracts import order_commands
from topics.contracts.order_commands import ExpireTicket
from topics.documents.kitchen import KitchenAnswer, KitchenReply, Ticket, Withdrawal, Wrong
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
RETURNED: Final = "x-returned"
"""Header: how often the message has come back from the kitchen's queue, where nobody took it, and was put there again."""
MOST_RETURNS: Final = 3
"""It waits twice as long each time: 5, 10, 20 and 40 minutes. What nobody has taken then is cooked by now, or never."""
_OURS = ("kitchen.", "logs")
"""How the names of queues begin that are no kitchen's to name in `reply_to`."""
_TO_COOK: frozenset[OrderStatus] = frozenset({"accepted", "preparing"})

_ticket = msgspec.json.Decoder(Ticket)
_withdrawal = msgspec.json.Decoder(Withdrawal)


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
    """own_accounts: see agents.kitchen.replies.read. life: of a message that waits for no answer, the first time it is in its
    queue."""

    def __init__(
        self, kitchens: Kitchens, store: DomainStore, orders: Orders, life: timedelta, *, own_accounts: bool
    ) -> None:
        self._kitchens = kitchens
        self._tickets = States(DECIDER, store)
        self._orders = orders
        self._life = life
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
        time is over. What waits for no answer goes back into the queue, for a kitchen's system that was away: a ticket as long
        as its order is to be cooked.
        """
        why = delivery.headers.get("x-first-death-reason")
        try:
            message = _given_up(delivery)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            await self._bury(delivery, Unusable("no_ticket", f"no message of ours: {error}"[:200]))
            return
        if why != "expired":
            _log_given_up(message, str(why)[:40])
        elif isinstance(message, Ticket) and not message.auto:
            expired = ExpireTicket(restaurant_id=message.restaurant_id)
            id = ids.derive(delivery.id or message.order_id, "ticket expired")
            await self._orders.send(order_commands.TOPIC, message.order_id, expired, id)
        elif _returns(delivery) >= MOST_RETURNS:
            _log_given_up(message, "nobody took it")
        elif isinstance(message, Withdrawal) or await self._is_to_cook(message):
            await self._put_back(delivery, message)

    async def _is_to_cook(self, ticket: Ticket) -> bool:
        """Asks the order, in which an expired ticket changes nothing once it is accepted. Raises Doubt."""
        expired = ExpireTicket(restaurant_id=ticket.restaurant_id)
        outcome = await self._orders.ask(order_commands.TOPIC, ticket.order_id, expired, ids.fresh(), ANSWER_SECONDS)
        if outcome is None:
            raise Doubt(f"order {ticket.order_id} does not say whether it is still to be cooked")
        return _answer(ticket.order_id, outcome).status in _TO_COOK

    async def _put_back(self, delivery: Delivery, message: Ticket | Withdrawal) -> None:
        """Into the kitchen's queue, at its end. Raises Unavailable."""
        returns = _returns(delivery) + 1
        again = Message(
            id=delivery.id,
            type=delivery.type,
            body=delivery.body,
            headers={**about(_traceparent(delivery), repeated=True), RETURNED: returns},
            expires=self._life * 2**returns,
            correlation_id=delivery.correlation_id,
        )
        try:
            await publish_into(self._kitchens, queue_of(message.restaurant_id), again)
        except (NotTaken, Silent) as error:  # of this restaurant's queue: others' messages do not wait for it
            _log_given_up(message, str(error)[:200])

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


def _given_up(delivery: Delivery) -> Ticket | Withdrawal:
    """Raises msgspec.MsgspecError, UnicodeError, RecursionError."""
    return _withdrawal.decode(delivery.body) if delivery.type == CANCELLED else _ticket.decode(delivery.body)


def _log_given_up(message: Ticket | Withdrawal, why: str) -> None:
    kind = "ticket" if isinstance(message, Ticket) else "withdrawal"
    log.info("kitchen_message_given_up", kind=kind, order=message.order_id, restaurant=message.restaurant_id, why=why)


def _returns(delivery: Delivery) -> int:
    returned = delivery.headers.get(RETURNED)
    return returned if isinstance(returned, int) else 0


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
