"""`/messages/TOPIC/PARTITION/OFFSET`: one message whole. `…/raw`: its body as a file.

Neither shows what is secret or personal (replay.log.secrecy). A body in which nothing of that kind stands is given as it is,
byte for byte.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from replay.console import reading
from replay.console.desk import Desk
from replay.console.frame import Shown
from replay.console.rows import Row
from replay.failure import BadArgument, CannotDo, NotUnderstood, no_such_topic
from replay.log import secrecy
from replay.log.message import Message
from stores.kafka.log import Logged, Place

MOST = 64 * 1024
"""Characters of a body on a page."""


async def message(desk: Desk, request: web.Request) -> Shown:
    place, offset = _asked(request)
    record = await _read(desk, place, offset)
    said = Message(record)
    body = readable(record.body, said.type)
    values = {
        "row": Row.of(said), "headers": shown_headers(record.headers),
        "lines": body.text[:MOST].split("\n"), "cut": len(body.text) > MOST, "nothing": record.body is None,
        "place": place, "offset": offset, "whole": body.whole,
    }  # fmt: skip
    command = ("tail", place.topic, "--from", f"{place.partition}:{offset}", "--count", "1")
    return Shown("message.html", f"{place.topic} {place.partition}:{offset}", values, command)


async def raw(desk: Desk, request: web.Request) -> web.Response:
    place, offset = _asked(request)
    record = await _read(desk, place, offset)
    shown = readable(record.body, Message(record).type)
    body = (record.body or b"") if shown.whole else shown.text.encode()
    # Never as what it says it is: a browser would show HTML as a page.
    name = f'attachment; filename="{place.topic}-{place.partition}-{offset}.txt"'
    return web.Response(body=body, headers={"Content-Type": "text/plain", "Content-Disposition": name})


class Readable(NamedTuple):
    """A body for engineers. text: with line breaks, without what is secret or personal. whole: nothing of it is hidden."""

    text: str
    whole: bool


def readable(body: bytes | None, type_name: str | None) -> Readable:
    """type_name: its `ce_type`."""
    said = secrecy.shown(body, type_name)
    return Readable(_text(said), not body or _is_whole(body, said))


def _text(said: Any) -> str:
    if said is None:
        return ""
    return said if isinstance(said, str) else msgspec.json.format(msgspec.json.encode(said), indent=2).decode()


def _is_whole(body: bytes, said: Any) -> bool:
    try:
        return said == (body.decode() if isinstance(said, str) else msgspec.json.decode(body))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False


def shown_headers(named: Sequence[tuple[str, bytes]]) -> Sequence[tuple[str, str]]:
    """Without what is secret or personal, cut."""
    return [(name, secrecy.shown_text(value[:4096])) for name, value in named[:200]]


def _asked(request: web.Request) -> tuple[Place, int]:
    said = request.match_info
    if not (said["partition"].isdecimal() and said["offset"].isdecimal()) or len(said["offset"]) > 18:
        raise NotUnderstood("a message stands at TOPIC/PARTITION/OFFSET, the last two are numbers")
    return Place(said["topic"], int(said["partition"])), int(said["offset"])


async def _read(desk: Desk, place: Place, offset: int) -> Logged:
    async with desk.readers.lend() as log:
        if place.topic not in log.topics:
            raise no_such_topic(place.topic, log.topics)
        if place.partition >= log.topics[place.topic]:
            raise BadArgument(f"{place.topic} has the partitions 0 to {log.topics[place.topic] - 1}")
        record = await reading.one(log, place, offset)
        if record is not None:
            return record
        bounds = (await log.bounds([place]))[place]
    raise NotThere(
        f"no message stands at {place.topic} {place.partition}:{offset}: the log holds {bounds.first} to"
        f" {bounds.end - 1}, and some of these are marks of transactions"
    )


class NotThere(CannotDo):
    """Nothing stands where somebody looked."""
