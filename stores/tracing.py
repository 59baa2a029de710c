"""Spans of the work on one flow, for an OpenTelemetry collector: OTEL_EXPORTER_OTLP_ENDPOINT says where it is. Without one
`active` is None, and whoever could tell of a span asks for that and nothing more.

A span's id derives from the id of its message, so that who publishes a message and who works on it need not have met, and
`./lezzet trace ID --otlp` makes the same spans of the topics afterwards:

- of a message, when it is published: a child of the message that led to it; the first one, of the request. Where it is sent on
  under its own id, or becomes a dead letter, there is one more: a child of the message;
- of the work of a consumer group on it: a child of the message;
- of a batch: a trace of its own, linked to its messages. What the store did for it is a child of the batch.

No personal data: topics, types, ids and times.
"""

import contextlib
import hashlib
import re
import secrets
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from topics.messages import headers

Kind = Literal["server", "producer", "consumer", "client", "internal"]
Attributes = Mapping[str, str | int]

MOST_LINKS = 128  # of a batch's span
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


class Place(NamedTuple):
    """Of a span: which trace, which span."""

    trace: int
    span: int


class Span(NamedTuple):
    """began, ended: nanoseconds since the epoch. parent: id of a span in the same trace, 0 for none."""

    name: str
    kind: Kind
    place: Place
    parent: int
    began: int
    ended: int
    attributes: Attributes = MappingProxyType({})
    links: Sequence[Place] = ()
    failed: bool = False


def span_of(name: str) -> int:
    """The span of a message by its id, of a group's work by that and the group."""
    return int.from_bytes(hashlib.sha1(b"span\n" + name.encode(), usedforsecurity=False).digest()[:8], "big") or 1


def work_of(message_id: str, group: str) -> int:
    return span_of(f"{message_id}\n{group}")


def of_traceparent(said: str | None) -> tuple[Place, bool] | None:
    """(the span that it names, whether it is to be recorded); None where it is none."""
    found = _TRACEPARENT.fullmatch(said) if said else None
    if found is None:
        return None
    place = Place(int(found[1], 16), int(found[2], 16))
    return (place, bool(int(found[3], 16) & 1)) if place.trace and place.span else None


def traceparent(place: Place) -> str:
    return f"00-{place.trace:032x}-{place.span:016x}-01"


def of_message(named: Mapping[str, str], message_id: str) -> tuple[Place, int] | None:
    """(the span of a message, its parent). named: its headers. None: its flow is not to be recorded.

    The trace of a message without a trace context has an id that derives from its flow's.
    """
    told = of_traceparent(named.get(headers.TRACEPARENT))
    cause = named.get(headers.CAUSATION)
    if told is None:
        flow = named.get(headers.CORRELATION) or message_id
        digest = hashlib.sha1(b"trace\n" + flow.encode(), usedforsecurity=False).digest()
        return Place(int.from_bytes(digest[:16], "big") or 1, span_of(message_id)), span_of(cause) if cause else 0
    place, recorded = told
    if not recorded:
        return None
    return Place(place.trace, span_of(message_id)), span_of(cause) if cause else place.span


class Publishing(NamedTuple):
    """The span of one time that a message was published. again: why not for the first time, as its span's name says it; else
    empty."""

    place: Place
    parent: int
    again: str


def of_publishing(named: Mapping[str, str], message_id: str) -> Publishing | None:
    """named, None: as of_message."""
    found = of_message(named, message_id)
    if found is None:
        return None
    place, parent = found
    again, known_as = _published_as(named, message_id)
    return Publishing(Place(place.trace, span_of(known_as)), place.span if again else parent, again)


def _published_as(named: Mapping[str, str], message_id: str) -> tuple[str, str]:
    """(Publishing.again, what its span derives from)."""
    if headers.DLQ_REASON in named:
        return "dead letter", f"{message_id}\ndead"
    sent_on = [name for name in (headers.PREPARED, headers.FORWARDED) if name in named]
    return "sent on" if sent_on else "", "\n".join((message_id, *sent_on))


class Spans:
    """Hands spans to an exporter, which sends them in a thread of its own. Who tells of a span never waits; what does not fit
    is dropped."""

    def __init__(self, processor: Any, service: str) -> None:
        """processor: of opentelemetry.sdk.trace."""
        from stores.tracing_export import readable  # only where spans are wanted: the library takes 100 ms to import

        self._processor = processor
        self._service = service
        self._readable = readable

    def add(self, span: Span) -> None:
        self._processor.on_end(self._readable(span, self._service))

    def answered(self, method: str, route: str, status: int, said: str, around: int, seconds: float) -> None:
        """A request, just now. said: its traceparent, which names its span. around: the client's span, 0 for none."""
        found = of_traceparent(said)
        if found is None or not found[1]:
            return
        ended = time.time_ns()
        about = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
        began = ended - round(seconds * 1e9)
        self.add(Span(f"{method} {route}", "server", found[0], around, began, ended, about, failed=status >= 500))

    def published(self, topic: str, named: Mapping[str, str], began: int) -> None:
        """A message is in Kafka, since just now."""
        message_id = named.get(headers.ID)
        if message_id is None or (found := of_publishing(named, message_id)) is None:
            return
        about = {"messaging.system": "kafka", "messaging.destination.name": topic, "messaging.message.id": message_id}
        name = f"{found.again or 'publish'} {named.get(headers.TYPE, topic)}"
        self.add(Span(name, "producer", found.place, found.parent, began, time.time_ns(), about))

    @contextlib.contextmanager
    def batch(self, group: str, topic: str, messages: Sequence[tuple[Mapping[str, str], str]]) -> Generator[None]:
        """Around the work on a batch. messages: headers and id of each."""
        mine = Place(secrets.randbits(128) or 1, secrets.randbits(64) or 1)
        token, began, failed = _WITHIN.set(mine), time.time_ns(), True
        try:
            yield
            failed = False
        finally:
            _WITHIN.reset(token)
            self._tell_batch(group, topic, messages, mine, began, failed)

    def _tell_batch(
        self, group: str, topic: str, messages: Sequence[tuple[Mapping[str, str], str]], mine: Place, began: int,
        failed: bool,
    ) -> None:  # fmt: skip
        ended, links = time.time_ns(), list[Place]()
        about = {
            "messaging.system": "kafka",
            "messaging.destination.name": topic,
            "messaging.consumer.group.name": group,
        }
        for named, message_id in messages:
            found = of_message(named, message_id)
            if found is None:
                continue
            _, known_as = _published_as(named, message_id)
            place = Place(found[0].trace, work_of(known_as, group))
            links.append(place)
            name = f"{group} {named.get(headers.TYPE, topic)}"
            of_one = {**about, "messaging.message.id": message_id}
            self.add(Span(name, "consumer", place, found[0].span, began, ended, of_one, (mine,), failed))
        if links:
            size = {**about, "messaging.batch.message_count": len(messages)}
            self.add(Span(f"{group} batch", "internal", mine, 0, began, ended, size, links[:MOST_LINKS], failed))

    @contextlib.contextmanager
    def call(self, name: str, attributes: Attributes) -> Generator[None]:
        """Around a call to a server, for the batch that is worked on. Outside of one nothing is told."""
        within = _WITHIN.get()
        if within is None:
            yield
            return
        began, failed = time.time_ns(), True
        try:
            yield
            failed = False
        finally:
            place = Place(within.trace, secrets.randbits(64) or 1)
            self.add(Span(name, "client", place, within.span, began, time.time_ns(), attributes, (), failed))

    def close(self, seconds: float = 2.0) -> None:
        """Sends what waits, for so long at most."""
        self._processor.force_flush(int(seconds * 1000))


_NOTHING = contextlib.nullcontext()
_WITHIN: ContextVar[Place | None] = ContextVar("within", default=None)

active: Spans | None = None
"""Of this process."""


def configure(endpoint: str | None, service: str) -> None:
    """Where OTEL_EXPORTER_OTLP_ENDPOINT is set, spans go there from now on. service: as telemetry.configure()."""
    global active
    if endpoint is not None:
        from stores.tracing_export import sending_to

        active = Spans(sending_to(endpoint), service)


def around_call(name: str, **attributes: str | int) -> contextlib.AbstractContextManager[None]:
    """Around a call to a server."""
    return _NOTHING if active is None else active.call(name, attributes)


def close() -> None:
    if active is not None:
        active.close()


def decoded(found: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """Headers of a record as texts, the last of a name."""
    return {name: value.decode(errors="replace") for name, value in found}
