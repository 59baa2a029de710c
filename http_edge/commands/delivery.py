"""A command on its way: into Kafka, and back as a reply, within the time that a request has.

From T0, when the request was read: the command's deadline is T0+2.0 s, by the broker's clock (routing/broker_clock.py);
acknowledgement or reply are awaited until T0+2.1 s. Neither by then: the command is withdrawn, unless its domain has taken it,
and the caller is told 503. Domain and edge ask the same key of Redis, and the first of them decides
(docs/decisions/006-withdrawn-commands.md). Acknowledged in time, or taken, but not answered by then: it will take effect, the
answer comes later. Unless nobody could have that answer: a command that may not be late is then withdrawn, too, so that
its domain does no work for an asker that has gone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from http_edge.commands.idempotency import earlier
from http_edge.commands.operations import note
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
LAST_LOOK_SECONDS = 0.2

_log = logger("http_edge.commands.delivery")
_UNANSWERED = Counted()


class Late(Exception):
    """The command was appended after its deadline: it never takes effect."""


def headers_of(asked: Asked, kind: type[Message], subject: str, fingerprint: str | None) -> dict[str, str]:
    edge = asked.edge
    deadline_ms = edge.broker_clock.ms() + int(left(asked, REPLY_SECONDS) * 1000)
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
    """The reply; None: acknowledged, not answered yet. Raises Problem 503, and Late: it takes no effect.

    may_be_late: the caller can be told 202, and have the answer later. partition: None for that of the key.
    """
    reply, sends = None, partial(asked.edge.commands.send, topic, key, header, body, partition)
    try:
        reply = await _delivered(asked, sends, header, may_be_late)
        return reply
    finally:
        if reply is None:
            asked.edge.unanswered.missed(topic, key)
        else:
            asked.edge.unanswered.answered(topic)


async def _delivered(
    asked: Asked, sends: Callable[[], Awaitable[AppendedAt]], header: Mapping[str, str], may_be_late: bool
) -> Reply | None:
    edge, operation = asked.edge, asked.command_id
    began = edge.clock()
    heard = asyncio.ensure_future(edge.answers.expect(operation))
    sent = asyncio.ensure_future(sends())
    sent.add_done_callback(partial(_seen, edge, began))
    try:
        await asyncio.wait({heard, sent}, timeout=left(asked, ACK_SECONDS), return_when=asyncio.FIRST_COMPLETED)
        if sent.done() and isinstance(sent.exception(), NotSent):
            raise not_taken()
        if not heard.done():
            if not sent.done() or sent.exception() is not None:
                # The record may be in the log though the send has failed. A reply would say so.
                await asyncio.wait({heard}, timeout=left(asked, ACK_SECONDS))
                return heard.result() if heard.done() else await _withdraw(asked, sent, heard, may_be_late)
            if _too_late(sent.result(), header) and await _is_void(asked):
                raise Late
            await asyncio.wait({heard}, timeout=left(asked, REPLY_SECONDS))
        if heard.done() and heard.result().code == "expired":
            # The reply may come before the acknowledgement. Only that says when the command was appended.
            await asyncio.wait({sent}, timeout=left(asked, ACK_SECONDS))
            if sent.done() and sent.exception() is None and _too_late(sent.result(), header):
                raise Late
        if heard.done():
            return heard.result()
        return await (_promise(asked) if may_be_late else _withdraw(asked, sent, heard, may_be_late))
    finally:
        edge.answers.forget(operation)
        sent.cancel()


def _seen(edge: Edge, began: float, sent: "asyncio.Future[AppendedAt]") -> None:
    """Called when the send has ended. Takes its exception, since asyncio logs one that nobody takes and deliver() may have
    returned with the reply before; and tells the broker's clock when the command was appended."""
    if not sent.cancelled() and sent.exception() is None:
        edge.broker_clock.heard(began, sent.result().at)


def left(asked: Asked, seconds: float) -> float:
    return max(0.0, asked.at + seconds - asyncio.get_running_loop().time())


def _too_late(appended: AppendedAt, header: Mapping[str, str]) -> bool:
    """Whether the command was appended after its deadline, by the broker's clock. Its domain compares the same two times, and
    refuses the command as expired."""
    return appended.at > int(header[headers.DEADLINE])


async def _is_void(asked: Asked) -> bool:
    """For a command that came late: whether no command of this id takes effect. With an Idempotency-Key another request may
    have sent the same command in time; its domain has it then."""
    return asked.idempotency_key is None or await asked.edge.withdrawals.withdraw(asked.command_id)


def not_taken() -> Problem:
    return unavailable("not_taken", "This could not be done right now and has not been done, please try again.")


async def _promise(asked: Asked) -> Reply | None:
    """For a command that is in Kafka and will take effect: the reply, where it has come meanwhile, else None. Raises Problem
    where another request with the same Idempotency-Key has withdrawn the command."""
    edge, operation = asked.edge, asked.command_id
    # Note the operation before the look: a domain that replies after the look finds the note, and writes the outcome there.
    await note(asked)
    # Without a key no other request has this id, and nobody could withdraw it.
    keyed = asked.idempotency_key is not None
    promise = edge.withdrawals.promise(operation) if keyed else asyncio.sleep(0, True)
    reply, promised = await asyncio.gather(_last_look(edge, operation), promise)
    if reply is None and not promised:
        raise not_taken()
    return reply


async def _last_look(edge: Edge, operation: str) -> Reply | None:
    """The stored copy of the reply: it may have been published while this process was not connected. None where there is none,
    or Redis does not answer."""
    try:
        async with asyncio.timeout(LAST_LOOK_SECONDS):
            stored = (await edge.reads.get((keys.reply(operation),)))[0]
    except (Unavailable, TimeoutError):
        return None
    return None if stored is None else DECODER.decode(stored)


async def _withdraw(
    asked: Asked, sent: "asyncio.Future[AppendedAt]", heard: "asyncio.Future[Reply]", may_be_late: bool
) -> Reply | None:
    """Withdraws the command, unless its domain has taken it. Raises Problem 503 where it is withdrawn. Otherwise its domain
    does it: returns the reply, or None where there is none yet."""
    edge, operation = asked.edge, asked.command_id
    failed = sent.exception() if sent.done() else None
    why = str(failed) if failed else "no answer" if sent.done() else "no acknowledgement"
    withdrawn = await edge.withdrawals.withdraw(operation)
    _log.info("command withdrawn" if withdrawn else "command taken, and not answered", command=operation, why=why)
    if count := _UNANSWERED.due(why):
        _log.warning("commands_not_answered", why=why, count=count)
    if not withdrawn and may_be_late:
        await note(asked)  # before the look, as in _promise()
    reply = heard.result() if heard.done() else await _last_look(edge, operation)
    if reply is None and withdrawn:
        raise not_taken()
    return reply


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
