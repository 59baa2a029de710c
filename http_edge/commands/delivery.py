"""Sends a command to Kafka and waits for its reply, within the time that a request has.

All times count from when the request was read. The deadline of the command is at 2.0 s, by the broker's clock
(routing/broker_clock.py): the domain refuses a command that was appended to the topic later. The edge waits for the
acknowledgement until 2.1 s, and for the reply until 2.0 s if it is acknowledged. Then:

- acknowledged: it will take effect, and the caller is told 202. But a command whose answer cannot be given later is withdrawn,
  so that its domain does no work for nobody;
- not acknowledged: it is withdrawn, and the caller is told 503. If its domain has taken it before, it will take effect: 202.

Whether it is withdrawn or taken is decided by one key in Redis: the first of edge and domain who writes it wins
(docs/decisions/006-withdrawn-commands.md).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from http_edge.commands.idempotency import earlier
from http_edge.commands.operations import note_operation
from http_edge.routing.asked import Asked
from http_edge.routing.edge import AppendedAt, Edge
from http_edge.wire.problems import Problem, unavailable
from stores.errors import Unavailable
from stores.kafka.producer import NotSent
from stores.log_repeats import Counted
from stores.telemetry import logger
from topics import keys
from topics.messages import headers
from topics.messages.message import Message
from topics.messages.reply import DECODER, Reply

REPLY_SECONDS = 2.0
ACK_SECONDS = 2.1
STORED_REPLY_SECONDS = 0.2  # for a look at Redis when the time is over

_log = logger("http_edge.commands.delivery")
_UNANSWERED = Counted()


class Late(Exception):
    """The command was appended after its deadline. Its domain refuses it as expired: it never takes effect."""


def headers_of(asked: Asked, kind: type[Message], subject: str, fingerprint: str | None) -> dict[str, str]:
    """Headers of the command. subject: id of its aggregate. fingerprint: of the request, with an Idempotency-Key."""
    edge = asked.edge
    deadline_ms = edge.broker_clock.ms() + int(seconds_left(asked, REPLY_SECONDS) * 1000)
    found = {
        headers.ID: asked.command_id,
        **headers.of_type(kind),
        headers.SOURCE: "lezzet/edge",
        headers.TIME: _rfc3339(edge.clock()),
        headers.SUBJECT: subject,
        headers.CORRELATION: asked.request_id,
        headers.DEADLINE: str(deadline_ms),
        headers.REPLY_TO: edge.id,
        headers.REPLY_SEAL: edge.seal_text,
        headers.OPERATION: asked.command_id,
        headers.TRACEPARENT: asked.traceparent,
    }
    if (writer := asked.writer) is not None:
        found[headers.CALLER] = writer
    if asked.after:
        found[headers.AFTER] = asked.after
    if fingerprint is not None:
        found[headers.FINGERPRINT] = fingerprint
    if before := earlier(asked):
        found[headers.EARLIER] = ",".join(before)
    return found


async def deliver(
    asked: Asked, topic: str, key: str, header: Mapping[str, str], body: bytes, *, may_be_late: bool = True,
    partition: int | None = None,
) -> Reply | None:  # fmt: skip
    """The reply. None: there is none yet, and the command takes effect. Raises Problem 503 and Late: it takes no effect.

    may_be_late: the caller can be told 202, and have the answer later. partition: None for that of the key.
    """
    reply, send = None, partial(asked.edge.commands.send, topic, key, header, body, partition)
    try:
        reply = await _delivered(asked, send, header, may_be_late)
        return reply
    finally:
        if reply is None:
            asked.edge.unanswered.missed(topic, key)
        else:
            asked.edge.unanswered.answered(topic)


async def _delivered(
    asked: Asked, send: Callable[[], Awaitable[AppendedAt]], header: Mapping[str, str], may_be_late: bool
) -> Reply | None:
    """As deliver(). Acknowledgement and reply may come in either order."""
    edge = asked.edge
    began = edge.clock()
    reply = asyncio.ensure_future(edge.answers.expect(asked.command_id))
    ack = asyncio.ensure_future(send())
    ack.add_done_callback(partial(_acknowledged, edge, began))
    try:
        await asyncio.wait({reply, ack}, timeout=seconds_left(asked, ACK_SECONDS), return_when=asyncio.FIRST_COMPLETED)
        if ack.done() and isinstance(ack.exception(), NotSent):
            raise not_taken()
        if not reply.done():
            if not ack.done() or ack.exception() is not None:
                # The command may be in the log though the send has failed. A reply would say so.
                await asyncio.wait({reply}, timeout=seconds_left(asked, ACK_SECONDS))
                return reply.result() if reply.done() else await _withdraw(asked, ack, reply, may_be_late)
            if _is_late(ack.result(), header) and await _takes_no_effect(asked):
                raise Late
            await asyncio.wait({reply}, timeout=seconds_left(asked, REPLY_SECONDS))
        if reply.done() and reply.result().code == "expired":
            # The reply has come before the acknowledgement, which says when the command was appended.
            await asyncio.wait({ack}, timeout=seconds_left(asked, ACK_SECONDS))
            if ack.done() and ack.exception() is None and _is_late(ack.result(), header):
                raise Late
        if reply.done():
            return reply.result()
        return await (_promise(asked) if may_be_late else _withdraw(asked, ack, reply, may_be_late))
    finally:
        edge.answers.forget(asked.command_id)
        ack.cancel()


def _acknowledged(edge: Edge, began: float, ack: "asyncio.Future[AppendedAt]") -> None:
    """Tells the broker's clock when the command was appended. Called when the send has ended, perhaps after deliver() has
    returned. It also takes the send's exception: asyncio logs one that nobody takes. began: edge's clock at the send."""
    if not ack.cancelled() and ack.exception() is None:
        edge.broker_clock.heard(began, ack.result().at)


def seconds_left(asked: Asked, seconds: float) -> float:
    """Until so many seconds after the request was read."""
    return max(0.0, asked.at + seconds - asyncio.get_running_loop().time())


def _is_late(appended: AppendedAt, header: Mapping[str, str]) -> bool:
    """Whether the command was appended after its deadline, by the broker's clock. Its domain compares the same two times, and
    refuses the command as expired."""
    return appended.at > int(header[headers.DEADLINE])


async def _takes_no_effect(asked: Asked) -> bool:
    """Whether no command with this id takes effect, of a command that came late. With an Idempotency-Key another request may
    have sent the same command in time. If its domain has taken that one, this is False, else both are withdrawn."""
    return asked.idempotency_key is None or await asked.edge.withdrawals.withdraw(asked.command_id)


def not_taken() -> Problem:
    return unavailable("not_taken", "This could not be done right now and has not been done, please try again.")


async def _promise(asked: Asked) -> Reply | None:
    """For an acknowledged command without a reply, of which 202 is to be told: the reply if it has been stored meanwhile, else
    None. Raises Problem 503 if another request with the same Idempotency-Key has withdrawn the command."""
    edge, operation = asked.edge, asked.command_id
    # Note the operation before the look: a domain that replies after the look finds the note, and writes the outcome there.
    await note_operation(asked)
    # Without a key no other request has this id, and nobody could withdraw it.
    keyed = asked.idempotency_key is not None
    promise = edge.withdrawals.promise(operation) if keyed else asyncio.sleep(0, True)
    reply, promised = await asyncio.gather(_stored_reply(edge, operation), promise)
    if reply is None and not promised:
        raise not_taken()
    return reply


async def _stored_reply(edge: Edge, operation: str) -> Reply | None:
    """The copy of the reply in Redis: this process may have missed the reply while it was not connected. None if there is none,
    or Redis does not answer."""
    try:
        async with asyncio.timeout(STORED_REPLY_SECONDS):
            stored = (await edge.reads.get((keys.reply(operation),)))[0]
    except (Unavailable, TimeoutError):
        return None
    return None if stored is None else DECODER.decode(stored)


async def _withdraw(
    asked: Asked, ack: "asyncio.Future[AppendedAt]", reply: "asyncio.Future[Reply]", may_be_late: bool
) -> Reply | None:
    """Withdraws the command, unless its domain has taken it. Raises Problem 503 if it is withdrawn. Otherwise it takes effect:
    the reply, or None if there is none yet."""
    edge, operation = asked.edge, asked.command_id
    failed = ack.exception() if ack.done() else None
    why = str(failed) if failed else "no answer" if ack.done() else "no acknowledgement"
    withdrawn = await edge.withdrawals.withdraw(operation)
    _log.info("command withdrawn" if withdrawn else "command taken, and not answered", command=operation, why=why)
    if count := _UNANSWERED.due(why):
        _log.warning("commands_not_answered", why=why, count=count)
    if not withdrawn and may_be_late:
        await note_operation(asked)  # before the look, as in _promise()
    found = reply.result() if reply.done() else await _stored_reply(edge, operation)
    if found is None and withdrawn:
        raise not_taken()
    return found


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
