"""Events that are set aside: when their effects are tried again, and how they stand in the store."""

import hashlib
from datetime import datetime, timedelta

from msgspec.structs import replace

from agents.runtime import arrivals
from agents.runtime.arrivals import Arrival
from agents.runtime.reading.events import Event
from stores.protocol import AsideRow
from topics.messages.topic import Topic

FIRST, LONGEST = timedelta(seconds=5), timedelta(minutes=5)
"""Between two tries: the first wait, and the one that no more tries make longer."""

_REASON = 1000  # characters


class NotNow(Exception):
    """The effect of this one event cannot happen now, and those of others can. until: UTC; when it is given up."""

    def __init__(self, why: str, until: datetime) -> None:
        super().__init__(why)
        self.until = until


class GiveUp(Exception):
    """The effect of this event is not wanted any more: its time has passed."""


def untried(event: Event, incarnation: int, now: datetime) -> AsideRow:
    """The row of an event that is not tried, since an earlier one of its key waits. incarnation: of its topic."""
    arrival = event.arrival
    return AsideRow(
        id=event.meta.id, key=event.meta.aggregate_id, incarnation=incarnation, offset=arrival.offset,
        source=arrival.source, at=arrival.at, raw_key=arrival.raw_key, headers=arrival.raw_headers, body=arrival.body,
        since=now, tries=0, due=None,
    )  # fmt: skip


def failed(row: AsideRow, error: NotNow, now: datetime) -> AsideRow:
    """The row after a try that raised. now: UTC, the time of the try."""
    tries = row.tries + 1
    due = min(now + wait(row.id, tries), error.until)
    return replace(row, tries=tries, due=due, reason=str(error)[:_REASON], until=error.until)


def wait(id: str, tries: int) -> timedelta:
    """Twice as long after each try, up to LONGEST; of that between a half and all, as the event's id has it. So those that
    failed together are not tried together, and a second process finds the same time."""
    longest = min(FIRST * 2 ** min(tries - 1, 20), LONGEST)
    part = int.from_bytes(hashlib.sha256(f"{id} {tries}".encode()).digest()[:4]) / 2**32
    return longest * (0.5 + part / 2)


def arrival_of(topic: Topic, row: AsideRow) -> Arrival:
    """As it was read, decoded with the code of now: it may have `error`."""
    key = None if row.raw_key is None else row.raw_key.decode(errors="replace")
    arrival = Arrival(
        offset=row.offset, at=row.at, key=key, id=row.id, source=row.source, raw_key=row.raw_key,
        raw_headers=row.headers, body=row.body, headers=arrivals.ours(row.headers),
    )  # fmt: skip
    arrivals.decode(topic, arrival)
    return arrival
