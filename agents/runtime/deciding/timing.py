"""The timers of a round's aggregates: as the store gave them, and then as each decided message has left them. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from typing import Any, NamedTuple

from agents.runtime.arrivals import Arrival
from agents.runtime.sending import letters
from stores.protocol import Timer as SetTimer
from stores.protocol import TimerKey, TimerRow, TimerWrite
from topics.deciding.decision import FURTHEST, TIMER_BYTES, TIMER_NAME, TIMERS, Decision, Fired, Timer
from topics.messages import headers
from topics.messages.topic import Topic

_name = re.compile(TIMER_NAME)


class BadTimer(ValueError):
    """A decision wants a timer that there cannot be. That is a bug of the domain: its message parks."""


class Change(NamedTuple):
    """What a decision does to the timers of its aggregate. left: all that it has afterwards. rows: those that are new."""

    key: str
    left: dict[str, SetTimer]
    rows: Mapping[str, TimerRow]


def _rows(commands: Topic, decision: Decision[Any], key: str, arrival: Arrival) -> dict[str, TimerRow]:
    """name → the timer that the decision sets. Raises BadTimer."""
    found: dict[str, TimerRow] = {}
    for timer in decision.timers:
        _check(commands, timer, arrival)
        if timer.name in found:
            raise BadTimer(f"{timer.name} is set twice by one decision")
        found[timer.name] = row = letters.timed(commands, timer, key, arrival)
        if len(row.body) > TIMER_BYTES:
            raise BadTimer(f"{timer.name}: a command of {len(row.body)} bytes, {TIMER_BYTES} are allowed")
    return found


def _check(commands: Topic, timer: Timer, arrival: Arrival) -> None:
    if not _name.fullmatch(timer.name):
        raise BadTimer(f"{timer.name[:100]!r} is no name of a timer: {TIMER_NAME}")
    if type(timer.command) not in commands.messages:
        raise BadTimer(f"{timer.name}: {type(timer.command).__name__} is no message of {commands.name}")
    if timer.at.utcoffset() != timedelta():
        raise BadTimer(f"{timer.name}: {timer.at.isoformat()} is not in UTC")
    if timer.at > arrival.at + FURTHEST:
        raise BadTimer(f"{timer.name}: {timer.at.isoformat()} is more than {FURTHEST.days} days away")


class Timing:
    """One timer has one write at most, from the one before the round to the one now."""

    def __init__(self, stored: Mapping[TimerKey, SetTimer]) -> None:
        self._stored = stored
        self._now: dict[str, dict[str, SetTimer]] = {}
        for (key, name), timer in stored.items():
            self._now.setdefault(key, {})[name] = timer
        self._changed: dict[TimerKey, TimerRow | None] = {}

    def writes(self) -> Sequence[TimerWrite]:
        """All that has changed since the last call."""
        changed, self._changed = self._changed, {}
        found = [TimerWrite(key, name, self._id_before(key, name), row) for (key, name), row in changed.items()]
        return [write for write in found if write.was is not None or write.row is not None]

    def _id_before(self, key: str, name: str) -> str | None:
        before = self._stored.get((key, name))
        return None if before is None else before.id

    def fired(self, key: str, arrival: Arrival) -> Fired | None:
        """The timer whose command this is. None if somebody else sent it, or if it is out of date."""
        name = arrival.headers.get(headers.TIMER)
        timer = None if name is None else self._now.get(key, {}).get(name)
        return None if timer is None or timer.id != arrival.id else Fired(name or "", timer.due.astimezone(UTC))

    def is_out_of_date(self, key: str, arrival: Arrival) -> bool:
        """Whether it is the command of a timer that has been moved or cancelled, or has had its effect."""
        return headers.TIMER in arrival.headers and self.fired(key, arrival) is None

    def changed_by(
        self, decision: Decision[Any], commands: Topic, key: str, arrival: Arrival, fired: Fired | None
    ) -> Change | None:
        """What the decision does to the timers of the aggregate. None: nothing. Raises BadTimer.

        commands: the topic of the domain. arrival: what was decided. fired: its timer, which is gone afterwards.
        """
        if fired is None and not (decision.timers or decision.cancels):
            return None
        rows = _rows(commands, decision, key, arrival)
        gone = {*decision.cancels, *(() if fired is None else (fired.name,))}
        left = {name: timer for name, timer in self._now.get(key, {}).items() if name not in gone}
        left |= {name: SetTimer(row.id, row.due) for name, row in rows.items()}
        if len(left) > TIMERS:
            raise BadTimer(f"{len(left)} timers of {key}, {TIMERS} are allowed")
        return Change(key, left, rows)

    def apply(self, change: Change) -> int:
        """From here on the aggregate has these timers. Bytes that will be written."""
        key, left, rows = change
        self._changed |= {(key, name): None for name in self._now.get(key, {}) if name not in left}
        self._changed |= {(key, name): row for name, row in rows.items()}
        self._now[key] = left
        return sum(len(row.body) + len(row.headers) for row in rows.values())

    def forget(self, key: str, id: str) -> None:
        """Takes away the timer whose command is given up, if it is one. id: of the command."""
        before = self._now.get(key, {})
        left = {name: timer for name, timer in before.items() if timer.id != id}
        if len(left) < len(before):
            self.apply(Change(key, left, {}))
