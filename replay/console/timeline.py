"""A flow as it is drawn: one row a message, a line from what caused it to itself, and the long silences between.

Times are not to scale: a flow has steps of a millisecond beside waits of hours. A silence is drawn as long as its logarithm.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from replay.console.rows import Row
from replay.log.flow import Flow

WIDTH = 1000
DEEPEST = 8
LONG_MS = 1_000.0
"""A silence from this length on has a row of its own."""


@dataclass(frozen=True, slots=True)
class Step:
    """A message of a flow.

    ms: since the flow's first message. silence: milliseconds without any message before it, where they are many. cause: the
    message that led to it, where it is in the flow; waited: milliseconds since then. begin, at: of the drawn line, 0 to WIDTH.
    """

    row: Row
    depth: int
    ms: float
    silence: float | None
    cause: Row | None
    waited: float
    begin: float
    at: float


def steps(flow: Flow) -> list[Step]:
    rows = [Row.of(message) for message in flow.messages]
    places = _places(rows)
    by_id: dict[str, int] = {}
    for number, row in enumerate(rows):
        by_id.setdefault(row.id, number)
    return [_step(flow, rows, places, by_id, number) for number in range(len(rows))]


def _step(flow: Flow, rows: Sequence[Row], places: Sequence[float], by_id: Mapping[str, int], number: int) -> Step:
    row = rows[number]
    caused = by_id[row.id]
    if caused == number:  # else it is a dead letter, which has the id of the message that it was
        caused = by_id.get(row.causation or "")
    cause = None if caused is None else rows[caused]
    since_last = _ms(rows[number - 1], row) if number else 0.0
    return Step(
        row=row,
        depth=min(flow.depths[row.id] + (row.dead is not None), DEEPEST),
        ms=_ms(rows[0], row),
        silence=since_last if since_last >= LONG_MS else None,
        cause=cause,
        waited=0.0 if cause is None else _ms(cause, row),
        begin=places[number if caused is None else caused],
        at=places[number],
    )


def _places(rows: Sequence[Row]) -> list[float]:
    """Of each row on the drawn line: 0 for the first, WIDTH for the last."""
    place, found = 0.0, [0.0]
    for before, row in pairwise(rows):
        place += math.log2(2 + max(0.0, _ms(before, row)))
        found.append(place)
    return [at / place * WIDTH if place else 0.0 for at in found]


def _ms(first: Row, later: Row) -> float:
    return (later.at - first.at).total_seconds() * 1000
