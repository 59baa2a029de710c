"""Makes outbox rows: events, commands for other domains, answers, dead letters. And rows of parked messages."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

import msgspec

from agents.runtime import metrics
from agents.runtime.arrivals import Arrival
from agents.runtime.sending.publisher import encode_headers
from stores.kafka.partitioning import partition_of
from stores.protocol import OutboxRow, ParkedRow, Source, TimerRow
from stores.redis.replies import ReplyNote
from topics.deciding.decision import Decision, Sealed, Send, Timer
from topics.messages import headers, ids
from topics.messages.event import EventMeta
from topics.messages.message import Message
from topics.messages.reply import NOTHING, Reply, Wrote
from topics.messages.topic import Topic

LARGEST = 2 * 1024 * 1024 - 64 * 1024  # bytes of body and headers: the limit of `_events` topics, less Kafka's framing

_DEAD = (
    4 * 1024 * 1024 - 64 * 1024
)  # bytes: the limit of `_dlq` topics and of the publisher, less room for the headers that say why
_CUT = 64 * 1024  # bytes of key and of body that stay in a dead letter of a message larger than _DEAD
_ROOM = 16 * 1024  # bytes for the headers that a forwarded command has more, and Kafka's framing
_FRAME = 16  # bytes that a header takes at most besides its name and value

_encode = msgspec.json.encode
_wrote = msgspec.json.Decoder(tuple[Wrote, ...]).decode


class TooLarge(Exception):
    """A message for the outbox is larger than LARGEST. Raised before the write: the message that led to it cannot be done."""


@lru_cache(256)
def _time(at: datetime) -> bytes:
    """RFC 3339. at: UTC. Cached, since messages that a broker appends together have the same time."""
    return at.isoformat().encode()


def correlation_of(arrival: Arrival) -> str:
    """A message without a correlation id begins a flow, which has its id."""
    return arrival.headers.get(headers.CORRELATION) or arrival.id


def made_by(domain: str, message: Message, at: datetime) -> list[tuple[str, bytes]]:
    """The headers of every message. domain: the one that sends it. at: UTC."""
    return [
        ("ce_specversion", b"1.0"),
        *((name, value.encode()) for name, value in headers.of_type(type(message)).items()),
        (headers.SOURCE, f"lezzet/{domain}".encode()),
        (headers.TIME, _time(at)),
    ]


def begun(domain: str, topic: Topic, key: str, message: Message, id: str, *more: tuple[str, bytes]) -> OutboxRow:
    """A command that no message has led to: it begins a flow, which has its id. domain: the one that sends it. more: headers.

    Raises TooLarge.
    """
    named = [
        *made_by(domain, message, datetime.now(UTC)),
        (headers.ID, id.encode()),
        (headers.CORRELATION, id.encode()),
        (headers.SUBJECT, key.encode()),
        *more,
    ]
    return kafka_row(topic.name, key.encode(), named, topic.encode(message))


def caused_by(arrival: Arrival, domain: str, message: Message) -> list[tuple[str, bytes]]:
    """The headers of every message that `arrival` leads to. domain: the one that sends it."""
    found = [
        *made_by(domain, message, arrival.at),
        (headers.CORRELATION, correlation_of(arrival).encode()),
        (headers.CAUSATION, arrival.id.encode()),
    ]
    traceparent = arrival.headers.get(headers.TRACEPARENT)
    if traceparent:
        found.append((headers.TRACEPARENT, traceparent.encode()))
    return found


def event(topic: Topic, arrival: Arrival, meta: EventMeta, message: Message, facts: str | None = None) -> OutboxRow:
    """An event of a domain, keyed by its aggregate. facts: header FACTS, for the first event of a decision.

    Raises TooLarge.
    """
    key = meta.aggregate_id.encode()
    named = caused_by(arrival, topic.domain, message)
    named += ((headers.ID, meta.id.encode()), (headers.SUBJECT, key), (headers.SEQUENCE, b"%d" % meta.version))
    if facts is not None:
        named.append((headers.FACTS, facts.encode()))
    return kafka_row(topic.name, key, named, topic.encode(message))


def sent(send: Send, cause: str, arrival: Arrival, domain: str, wrote: Sequence[Wrote] = ()) -> OutboxRow:
    """A message for another topic.

    cause: the id from which that of the new message is derived. wrote: what this step of the flow has written; told only where
    the receiver answers the caller. Raises TooLarge.
    """
    key = send.key.encode()
    named = caused_by(arrival, domain, send.message)
    named += ((headers.ID, ids.derive(cause, send.topic.name + send.suffix).encode()), (headers.SUBJECT, key))
    if send.answers:
        named += carried_on(arrival)
        named.append((headers.WROTE, _encode([*earlier(arrival), *wrote])))
    return kafka_row(send.topic.name, key, named, send.topic.encode(send.message))


def timed(topic: Topic, timer: Timer, key: str, arrival: Arrival) -> TimerRow:
    """A timer that the decision of `arrival` sets. Its id is made of that message and the name: the same timer set again is
    another one, and the command of the first cannot be taken for it."""
    id = ids.derive(arrival.id, f"timer {timer.name} {arrival.source}")
    named = caused_by(arrival, topic.domain, timer.command)
    named += (
        (headers.ID, id.encode()), (headers.SUBJECT, key.encode()), (headers.TIMER, timer.name.encode()),
        (headers.DUE, timer.at.isoformat().encode()),
    )  # fmt: skip
    return TimerRow(id, timer.at, encode_headers(named), topic.encode(timer.command))


def carried_on(arrival: Arrival) -> list[tuple[str, bytes]]:
    """The headers that a command which is handed on keeps, so that its receiver can answer the caller (CARRIED_ON)."""
    return [(name, arrival.headers[name].encode()) for name in headers.CARRIED_ON if name in arrival.headers]


def earlier(arrival: Arrival) -> tuple[Wrote, ...]:
    """What earlier hops of this command's flow have written."""
    return _versions(arrival.headers.get(headers.WROTE))


def seen(arrival: Arrival) -> tuple[Wrote, ...]:
    """What the caller had seen or written when the command was sent."""
    return _versions(arrival.headers.get(headers.AFTER))


def _versions(value: str | None) -> tuple[Wrote, ...]:
    try:
        return _wrote(value) if value else ()
    except msgspec.MsgspecError:
        return ()  # unreadable, so not of our edge: no caller's reads depend on it


def kafka_row(topic: str, key: bytes, named: list[tuple[str, bytes]], body: bytes) -> OutboxRow:
    row = OutboxRow("kafka", topic, key, encode_headers(named), body, named=named)
    if len(body) + len(row.headers) > LARGEST:
        raise TooLarge(f"a message of {len(body)} bytes for {topic}, {LARGEST} are allowed")
    return row


def outcome(arrival: Arrival, decision: Decision[Any], wrote: Sequence[Wrote]) -> Reply | None:
    """The answer as it is kept in the inbox and sent. None if nobody waits for one, or the receiver of a command that was
    handed on will answer."""
    operation = arrival.headers.get(headers.OPERATION)
    if operation is None or decision.handed_on:
        return None
    refused, answer = decision.rejection, decision.answer
    status: Literal["done", "failed"] = "failed" if refused else "done"
    return Reply(
        operation_id=operation,
        status=status,
        body=NOTHING if answer is None or isinstance(answer, Sealed) else msgspec.Raw(_encode(answer)),
        sealed=answer.box if isinstance(answer, Sealed) else None,
        code=refused.code if refused else None,
        detail=refused.detail if refused else None,
        field=refused.field if refused else None,
        more=dict(refused.more) if refused and refused.more else None,
        wrote=(*earlier(arrival), *wrote),
        caller=arrival.headers.get(headers.CALLER),
        fingerprint=arrival.headers.get(headers.FINGERPRINT),
    )


def reply(arrival: Arrival, answer: Reply) -> OutboxRow:
    """An answer, for the edge process that asked by `arrival`."""
    note = ReplyNote(caller=answer.caller, wrote=answer.wrote)
    target = arrival.headers.get(headers.REPLY_TO, "")
    return OutboxRow("reply", target, answer.operation_id.encode(), _encode(note).decode(), _encode(answer))


def forwarded(topic: Topic, arrival: Arrival) -> OutboxRow:
    """The same command once more on its topic, for the partition of its key. With its id, also where it came without one.

    Without the deadline where it is taken: it came in time, its caller may have been told so, and now it comes later.
    """
    named = _once_more(arrival, {headers.FORWARDED: "1"})
    return OutboxRow("kafka", topic.name, arrival.raw_key, encode_headers(named), arrival.body)


def handed_on(topic: Topic, arrival: Arrival, prepared: str | None) -> OutboxRow | None:
    """The same command on the topic on which it is decided, with what was prepared of it. As `forwarded` otherwise.

    None where it is too large for that topic, which it may be where its own took it compressed.
    """
    if _size(arrival) + _ROOM > topic.max_bytes:
        return None
    named = _once_more(arrival, {} if prepared is None else {headers.PREPARED: prepared})
    # aiokafka's producer refuses a record without key and body
    body = b"" if arrival.raw_key is None and arrival.body is None else arrival.body
    return OutboxRow("kafka", topic.name, arrival.raw_key, encode_headers(named), body)


def _once_more(arrival: Arrival, more: dict[str, str]) -> list[tuple[str, bytes]]:
    """The headers of a command that is sent once more. more: others in place of what it may have under their names."""
    gone = {*more, *([headers.DEADLINE] if arrival.taken else [])}
    kept = [(name, value) for name, value in arrival.raw_headers if name not in gone]
    known_as = {headers.ID: arrival.id, headers.SOURCE: arrival.source}
    added = more | {name: value for name, value in known_as.items() if name not in arrival.headers}
    return [*kept, *((name, value.encode()) for name, value in added.items())]


def dead(source: Source, topic: Topic, arrival: Arrival, why: str, *, parked: bool) -> OutboxRow:
    """A dead letter: key, headers and body as they came, and headers that say where the message stood and why it is here.

    parked: its key is parked in the store.
    """
    metrics.DEAD_LETTERS.labels(topic.name, why.partition(":")[0][:40]).inc()
    about: Mapping[str, str] = {
        headers.DLQ_REASON: why[:1000],
        headers.DLQ_TOPIC: source.topic,
        headers.DLQ_PARTITION: str(source.partition),
        headers.DLQ_OFFSET: str(arrival.offset),
        headers.DLQ_TIME: arrival.at.isoformat(),
        headers.DLQ_ID: arrival.id,
        headers.DLQ_SOURCE: arrival.source,
        headers.DLQ_GROUP: source.group,
        **({headers.DLQ_PARKED: "1"} if parked else {}),
    }
    named = [*arrival.raw_headers, *((name, value.encode()) for name, value in about.items())]
    if _size(arrival) > _DEAD:
        # Its topic took it compressed. Uncompressed no topic takes it, and the partition would try for ever: it is cut.
        named = [(headers.DLQ_CUT, b"1"), *((name, value.encode()) for name, value in about.items())]
        key, body = (arrival.raw_key or b"")[:_CUT] or None, (arrival.body or b"")[:_CUT]
        return OutboxRow("kafka", topic.dead_letters, key, encode_headers(named), body)
    # aiokafka's producer refuses a record without key and body, and the partition would try for ever.
    body = b"" if arrival.raw_key is None and arrival.body is None else arrival.body
    return OutboxRow("kafka", topic.dead_letters, arrival.raw_key, encode_headers(named), body)


def is_astray(topic: Topic, arrival: Arrival, partition: int, partitions: int) -> bool:
    """Whether a command is decided in another partition, that of its key, and sent on to it. partitions: how many the topic had
    when it came; one that stands beyond them came after a raise."""
    if arrival.raw_key is None or partition >= partitions:
        return False
    return partition != partition_of(arrival.raw_key, partitions) and _may_be_forwarded(topic, arrival)


def _may_be_forwarded(topic: Topic, arrival: Arrival) -> bool:
    """Whether its topic takes it once more. Not what it took compressed only, and nothing twice: where Kafka has another number
    of partitions than the contract says, it would go in a circle."""
    return headers.FORWARDED not in arrival.headers and _size(arrival) + _ROOM <= topic.max_bytes


def _size(arrival: Arrival) -> int:
    named = sum(len(name.encode()) + len(value) + _FRAME for name, value in arrival.raw_headers)
    return len(arrival.raw_key or b"") + len(arrival.body or b"") + named


def parked(key: str, arrival: Arrival, why: str) -> ParkedRow:
    return ParkedRow(
        key=key, offset=arrival.offset, source=arrival.source, id=arrival.id, at=arrival.at,
        headers=arrival.raw_headers, body=arrival.body or b"", reason=why[:1000],
    )  # fmt: skip
