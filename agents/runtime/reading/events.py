"""Events as projections and effects read them: of which aggregate, which version, and whether it is the next one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from agents.runtime import arrivals
from agents.runtime.arrivals import Arrival
from agents.runtime.transport.lease import Batch
from topics.messages import headers
from topics.messages.event import EventMeta, time_of
from topics.messages.message import Undecodable
from topics.messages.topic import Topic

log = structlog.get_logger()


@dataclass(slots=True, eq=False)
class Event:
    """meta: read from the headers. message: decoded; None where newer code has published it (Arrival.newer)."""

    arrival: Arrival
    meta: EventMeta
    message: Any


def read(topic: Topic, batch: Batch, floor: int) -> tuple[list[Event], list[Arrival]]:
    """The events from offset `floor` on, and the records that are no readable events, with `error`. Never raises."""
    good: list[Event] = []
    bad: list[Arrival] = []
    for record in batch.records:
        if record.offset < floor:
            continue
        arrival = arrivals.read(topic, batch.lease.incarnation, record, keyed=True)
        try:
            if arrival.error is not None and not arrival.newer:
                raise arrival.error
            good.append(Event(arrival, _about(arrival), arrival.message))
        except Undecodable as error:
            arrival.error = error
            log.error("event_not_read", topic=topic.name, offset=arrival.offset, why=str(error))
            bad.append(arrival)
    return good, bad


def meta_of(arrival: Arrival) -> EventMeta:
    """Raises Undecodable."""
    if arrival.error is not None:
        raise arrival.error
    return _about(arrival)


def _about(arrival: Arrival) -> EventMeta:
    found: Mapping[str, str] = arrival.headers
    sequence, time = found.get(headers.SEQUENCE, ""), found.get(headers.TIME)
    if not sequence.isdecimal() or int(sequence) < 1:
        raise Undecodable(headers.SEQUENCE, "missing, or not a version number from 1")
    at = arrival.at if time is None else time_of(time)
    key = found.get(headers.SUBJECT) or arrival.key or ""
    return EventMeta(
        arrival.id,
        key,
        int(sequence),
        at,
        found.get(headers.CORRELATION, ""),
        traceparent=found.get(headers.TRACEPARENT, ""),
    )


def is_next(event: Event, seen: int) -> bool | None:
    """Whether to apply the event where version `seen` was applied last. True: it is the next version. False: it was applied
    before (an outbox row was published twice). None: versions are missing before it."""
    if event.meta.version <= seen:
        return False
    return True if event.meta.version == seen + 1 else None


def aggregates(events: Sequence[Event]) -> list[str]:
    """Ids, each once, in the order of the events."""
    return list(dict.fromkeys(event.meta.aggregate_id for event in events))
