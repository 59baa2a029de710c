"""Events that a reader of views or facts could not apply: newer code published them, versions before them are missing, or the
projection raised.

Their aggregates stay at the version before, and everything else goes on. The store keeps the offset of the first of them, and
which code could not apply it. Other code begins there again when it opens the partition, and drops the versions that were
applied.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

import structlog

import agents
import topics
from agents.runtime import metrics
from agents.runtime.arrivals import Arrival
from agents.runtime.reading import events
from agents.runtime.reading.events import Event
from agents.runtime.transport.lease import Lease
from topics.messages import headers
from topics.messages.message import Undecodable

log = structlog.get_logger()


@lru_cache(1)
def running_code() -> str:
    """A fingerprint of the code of the agents and the topics. It changes with every change that may make an event readable."""
    found = hashlib.sha256()
    for package in (agents, topics):
        folder = Path(package.__file__ or "").parent
        for path in sorted(folder.rglob("*.py")):
            found.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


class Missed:
    """Of one batch. first: offset of the first event of ours that could not be applied, None where all could.

    dead: events that others have put on the topic, and that cannot be applied: dead letters, with `error`.
    """

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._dead: dict[int, Arrival] = {}
        self.first: int | None = None

    @property
    def dead(self) -> list[Arrival]:
        return list(self._dead.values())

    def applies(self, event: Event, seen: int) -> bool:
        """Whether to apply the event; otherwise it was applied before, or is missed. seen: the version applied last."""
        following = events.is_next(event, seen)
        if following is None:
            self._gap(event, seen)
        elif following and event.message is None:
            self._miss(event, "newer", str(event.arrival.error))
        return bool(following) and event.message is not None

    def _gap(self, event: Event, seen: int) -> None:
        """Versions are missing before the event."""
        source = self._lease.source
        if not self._lease.missed:  # else they follow on an event that was missed
            metrics.GAPS.labels(source.group, source.topic).inc()
        why = f"version gap: {seen} was seen, {event.meta.version} came"
        event.arrival.error = Undecodable(headers.SEQUENCE, why)
        self._miss(event, "gap", why)

    def broken(self, event: Event, where: str, error: Exception) -> None:
        """The projection raised. where: name of the view or table."""
        log.error(
            "event_not_shown", topic=self._lease.source.topic, projection=where, aggregate=event.meta.aggregate_id,
            exc_info=error,
        )  # fmt: skip
        why = f"{where}: {type(error).__name__}: {error}"
        event.arrival.error = Undecodable("$", why)
        self._miss(event, "raised", why)

    def _miss(self, event: Event, kind: str, why: str) -> None:
        arrival, source = event.arrival, self._lease.source
        if not arrival.ours:
            self._dead[arrival.offset] = arrival
            return
        metrics.MISSED.labels(source.group, source.topic, kind).inc()
        log.error(
            "event_missed", group=source.group, topic=source.topic, partition=source.partition, offset=arrival.offset,
            aggregate=event.meta.aggregate_id, version=event.meta.version, why=why[:200],
        )  # fmt: skip
        metrics.BEHIND.labels(source.group, source.topic, str(source.partition)).set(1)
        self._lease.missed = self._lease.missed or f"offset {arrival.offset}: {why[:200]}"
        self.first = arrival.offset if self.first is None else min(self.first, arrival.offset)


def opened(lease: Lease, again: int | None, missed: bool) -> None:
    """A partition was opened. again: where it begins once more, since other code had missed events. missed: events are missing
    that this code could not apply."""
    source = lease.source
    if again is not None:
        log.info(
            "missed_events_read_again", group=source.group, topic=source.topic, partition=source.partition, at=again
        )
        lease.next = again
    if missed:
        lease.missed = "events that this code could not apply before"
