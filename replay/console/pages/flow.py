"""`/flow/ID`: what happened to an id of any kind, in words, why it goes no further, and who caused what, drawn."""

from collections.abc import Sequence
from datetime import UTC, datetime

from aiohttp import web

from replay.console.desk import Desk
from replay.console.frame import Shown
from replay.console.options import options
from replay.console.timeline import WIDTH, steps
from replay.log.flow import Flow, flows
from replay.log.search import find
from replay.log.times import moment
from replay.questions.why import explained, named

SPANS = ("1h", "1d", "7d")
ON_A_PAGE = 300
"""Messages."""
UNFOLDED = 8
"""Sentences. A longer story is folded: what it waits for comes first, and the tree says the same."""


async def flow(desk: Desk, request: web.Request) -> Shown:
    id, since = named(request.match_info["id"]), request.query.get("since") or None
    after = moment("since", since, datetime.now(UTC))
    async with desk.readers.lend() as log:
        found = await find(log, id, after)
        why = await explained(desk.tools, log, id, found) if found.messages else None
    joined = flows(found.messages) if why is None else why.flow
    part = _part(request)
    values = {
        "id": id, "why": why, "open": why is not None and len(why.story) <= UNFOLDED,
        "since": since, "spans": SPANS, "found": found, "width": WIDTH, "part": part,
        "flows": [{"flow": each, "steps": steps(each), "took": _took(each)} for each in _of_part(joined, part)],
        "count": len(joined), "parts": -(-len(found.messages) // ON_A_PAGE),
    }  # fmt: skip
    command = ("why", id, *options({"since": since}))
    return Shown("flow.html", id, values, command, status=200 if joined else 404)


def _took(flow: Flow) -> float:
    """Milliseconds."""
    first, last = flow.messages[0].logged.at, flow.messages[-1].logged.at
    return (last - first).total_seconds() * 1000


def _of_part(found: Sequence[Flow], part: int) -> list[Flow]:
    """The flows of one page, each with those of its messages that are on it."""
    chosen: list[Flow] = []
    skip, room = (part - 1) * ON_A_PAGE, ON_A_PAGE
    for each in found:
        here = each.messages[skip : skip + room]
        skip = max(0, skip - len(each.messages))
        room -= len(here)
        if here:
            chosen.append(Flow(each.correlation, here, each.depths))
    return chosen


def _part(request: web.Request) -> int:
    said = request.query.get("part", "1")
    return max(1, int(said)) if said.isdecimal() and len(said) < 6 else 1
