"""One aggregate, folded from its events: its state and its views at every version, and whether an event is missing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from replay.shadow import events
from replay.shadow.domains import Domain
from replay.shadow.events import Happened
from stores.kafka.log import Logged
from topics.messages.message import Undecodable


class Step(NamedTuple):
    """An event, and what the aggregate is after it. views: by name; None where it is not shown."""

    event: Happened
    state: Any
    views: dict[str, Any]


@dataclass(slots=True)
class Aggregate:
    """steps: in the order of versions, as far as no version is missing. twice: events that went out twice. gap: why the fold
    ends before the last event; None where it does not. last: the highest version that was seen."""

    first: Any
    steps: list[Step] = field(default_factory=list[Step])
    twice: int = 0
    gap: str | None = None
    last: int = 0

    @property
    def version(self) -> int:
        return len(self.steps)

    def at(self, version: int) -> Step | None:
        """After the event of this version. None: before the first event."""
        return self.steps[version - 1] if version else None


def fold(domain: Domain, records: Iterable[Logged]) -> Aggregate:
    """records: of one key, in the order of the log."""
    found = Aggregate(domain.decider.state())
    for record in records:
        try:
            _take(domain, found, events.read(domain.events, record))
        except Undecodable as error:
            found.gap = found.gap or f"the event at {record.partition}:{record.offset} cannot be read: {error}"
    return found


def _take(domain: Domain, found: Aggregate, event: Happened) -> None:
    version = event.meta.version
    found.last = max(found.last, version)
    if version <= found.version:
        found.twice += 1
        return
    if found.gap is not None:
        return
    if version > found.version + 1:
        found.gap = _missing(found.version + 1, version - 1)
        return
    before = found.at(found.version)
    state = found.first if before is None else before.state
    shown = {} if before is None else before.views
    try:
        after = domain.decider.evolve(state, event.message)
        views = {v.name: v.show(shown.get(v.name), event.message, event.meta).document for v in domain.views}
    except Exception as error:
        found.gap = f"the code of now cannot apply version {version}: {type(error).__name__}: {error}"
        return
    found.steps.append(Step(event, after, views))


def _missing(first: int, last: int) -> str:
    return f"version {first} is missing" if first == last else f"versions {first} to {last} are missing"
