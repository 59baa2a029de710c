"""`/dlq`: dead letters and parked keys; `/dlq/TOPIC`: those of one topic; `/dlq/TOPIC/PARTITION:OFFSET`: one of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web
from msgspec.structs import replace

from replay.console import reading
from replay.console.commanding import Outcome, carried_out, tried
from replay.console.desk import Desk
from replay.console.frame import Shown
from replay.console.pages.message import MOST, NotThere, readable, shown_headers
from replay.console.repairing import repaired
from replay.dlq.dead_letters import MEANINGS, DeadLetter, State, dead_letter_topics, states, taken_apart
from replay.dlq.groups import grouped
from replay.failure import BadArgument, NotUnderstood
from stores.engineering import ParkedKey
from stores.kafka.log import Bounds, Logged, LogReader, Place
from stores.protocol import ParkedRow
from topics.messages import headers

SHOWN = 200
"""Dead letters, and parked keys, on a page."""
GROUPED = 5_000
"""Dead letters that are put into groups."""
EDITED = 256 * 1024
"""Characters of a body that a form takes."""
WAITING = 20
"""Messages that wait behind a parked one."""


@dataclass(frozen=True, slots=True)
class Letter:
    """letter: without its body."""

    letter: DeadLetter
    state: State

    @property
    def at(self) -> str:
        """RFC 3339."""
        return self.letter.about.get(headers.DLQ_TIME, "")


async def dead_letters(desk: Desk, request: web.Request) -> Shown:
    return await _list_page(desk, request, None)


async def group_redriven(desk: Desk, request: web.Request) -> Shown:
    """A form: a dry run of all that has one cause, or with `do=yes` the thing itself. group: the fingerprint."""
    said = await request.post()
    async with desk.readers.lend() as log:
        (name,) = dead_letter_topics(log, request.match_info["topic"])
    command = ["dlq", "redrive", name.removesuffix("_dlq"), "--group", str(said.get("group", ""))]
    give = carried_out if said.get("do") == "yes" else tried
    return await _list_page(desk, request, await give(desk, command))


async def _list_page(desk: Desk, request: web.Request, outcome: Outcome | None) -> Shown:
    """outcome: of what was asked for by a form."""
    named = request.match_info.get("topic")
    async with desk.readers.lend() as log, desk.tools.domains() as domains:
        names = dead_letter_topics(log, named)
        topic = None if named is None else names[0].removesuffix("_dlq")
        bounds = await log.bounds(log.places(names))
        found = await _newest(log, bounds)
        judged = await states(found, domains)
        parked = await domains.parked_keys(topic)
    letters = [Letter(*each) for each in zip(found[:SHOWN], judged[:SHOWN], strict=True)]
    groups = grouped(found, judged, parked)
    values = {
        "topic": topic, "letters": letters, "counts": _counts(bounds), "meanings": _meanings(judged), "most": SHOWN,
        "groups": groups[:SHOWN], "group_count": len(groups), "looked_at": GROUPED if len(found) == GROUPED else None,
        "outcome": outcome,
        "parked": _oldest(parked)[:SHOWN], "parked_count": len(parked),
        "parked_messages": sum(row.messages for row in parked),
    }  # fmt: skip
    command = ("dlq", "groups", *((topic,) if topic else ()))
    return Shown("dlq.html", "Dead letters", values, command)


async def dead_letter(desk: Desk, request: web.Request) -> Shown:
    async with desk.readers.lend() as log:
        record = await _read(log, request)
    return await _letter_page(desk, record, None)


async def redriven(desk: Desk, request: web.Request) -> Shown:
    """A form: a dry run, or with `do=yes` the thing itself. body: as edited. key: of a message that came without. type: in
    place of its own."""
    said = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    async with desk.readers.lend() as log:
        record = await _read(log, request)
    letter = taken_apart(record)
    body = repaired(record.body, letter.type, said["body"]) if "body" in said else None
    command = [*_redrive(letter), *(["--key", said["key"]] if said.get("key") else [])]
    command += ["--header", f"{headers.TYPE}={said['type']}"] if said.get("type") else []
    give = carried_out if said.get("do") == "yes" else tried
    return await _letter_page(desk, record, await give(desk, command, body), said)


def _redrive(letter: DeadLetter) -> list[str]:
    return ["dlq", "redrive", letter.topic, "--id", letter.id or letter.place]


async def _letter_page(
    desk: Desk, record: Logged, outcome: Outcome | None, said: Mapping[str, str] | None = None
) -> Shown:
    """outcome: of what was asked for by a form, in which `said` stood."""
    letter = taken_apart(record)
    async with desk.tools.domains() as domains:
        (state,) = await states([letter], domains)
        waiting: Sequence[ParkedRow] = ()
        if state == "parked":
            waiting = await domains.parked(letter.domain, letter.topic, letter.key or "", WAITING)
    body = readable(record.body, letter.type)
    values = {
        "letter": letter, "state": state, "meaning": MEANINGS[state], "waiting": waiting, "most": WAITING,
        "headers": shown_headers(letter.headers),
        "lines": body.text[:MOST].split("\n"), "cut": len(body.text) > MOST, "whole": body.whole,
        "size": len(record.body or b""), "place": record.place, "offset": record.offset,
        "redrive": _redrive(letter), "outcome": outcome, "editable": len(body.text) <= EDITED,
        "said": {"body": body.text[:EDITED], "key": "", "type": "", **(said or {})},
    }  # fmt: skip
    return Shown("dead_letter.html", letter.id or letter.place, values, ("dlq", "show", letter.topic, letter.place))


async def _read(log: LogReader, request: web.Request) -> Logged:
    """Raises BadArgument, CannotDo."""
    (name,) = dead_letter_topics(log, request.match_info["topic"])
    place, offset = _place(name, request.match_info["place"])
    if place.partition >= log.topics[name]:
        raise BadArgument(f"{name} has the partitions 0 to {log.topics[name] - 1}")
    record = await reading.one(log, place, offset)
    if record is None:
        raise NotThere(f"no dead letter stands at {name} {place.partition}:{offset}")
    return record


async def _newest(log: LogReader, bounds: Mapping[Place, Bounds]) -> list[DeadLetter]:
    """The newest GROUPED, without their bodies."""
    starts = {place: max(bound.first, bound.end - GROUPED) for place, bound in bounds.items()}
    ends = {place: bound.end for place, bound in bounds.items()}
    found = [taken_apart(replace(record, body=None)) async for chunk in log.read(starts, ends) for record in chunk]
    return sorted(found, key=lambda each: each.logged.at, reverse=True)[:GROUPED]


def _counts(bounds: Mapping[Place, Bounds]) -> list[tuple[str, int]]:
    """(topic, its dead letters), the most first."""
    counts: dict[str, int] = {}
    for place, bound in bounds.items():
        topic = place.topic.removesuffix("_dlq")
        counts[topic] = counts.get(topic, 0) + bound.end - bound.first
    return sorted(((topic, n) for topic, n in counts.items() if n), key=lambda each: -each[1])


def _meanings(found: Iterable[State]) -> dict[str, str]:
    there = set(found)
    return {state: meaning for state, meaning in MEANINGS.items() if state in there}


def _oldest(parked: Sequence[ParkedKey]) -> list[ParkedKey]:
    return sorted(parked, key=lambda row: row.at)


def _place(topic: str, said: str) -> tuple[Place, int]:
    partition, _, offset = said.partition(":")
    if not (partition.isdecimal() and offset.isdecimal()) or len(said) > 30:
        raise NotUnderstood("a dead letter stands at PARTITION:OFFSET")
    return Place(topic, int(partition)), int(offset)
