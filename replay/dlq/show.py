"""`./lezzet dlq show`: one dead letter as it came; byte for byte where `--reveal` or `--body` is said."""

import argparse
from collections.abc import Sequence

import msgspec

from replay.dlq.dead_letters import MEANINGS, DeadLetter, chosen, dead_letter_topics, read, states
from replay.dlq.unparking import SHOWN
from replay.failure import CannotDo
from replay.log import reveal, secrecy
from replay.log.message import printed, stamp
from replay.tools import Tools, say
from stores.protocol import ParkedRow
from topics import personal
from topics.messages import headers

_ROW = 32  # bytes of a line of hexadecimal digits


async def run(tools: Tools, said: argparse.Namespace) -> int:
    async with tools.log() as log, tools.domains() as domains:
        found = chosen(await read(log, dead_letter_topics(log, said.topic)), said.message)
        letter = found[-1]
        (state,) = await states([letter], domains)
        waiting: Sequence[ParkedRow] = ()
        if state == "parked":
            waiting = await domains.parked(letter.domain, letter.topic, letter.key or "", SHOWN)
    plain = await reveal.revealed(tools, "dlq show", said, also=said.body is not None)
    for line in _about(letter):
        say(line if plain else personal.masked_text(line))
    say(f"state: {state} ({MEANINGS[state]})")
    if len(found) > 1:
        say(f"also at: {', '.join(other.place for other in found[:-1])}")
    for row in waiting:
        if row.id != letter.id:
            say(f"waits with it: {stamp(row.at)}  id={printed(row.id)}  {len(row.body):,} bytes  {printed(row.reason)}")
    if len(waiting) == SHOWN:
        say(f"only the first {SHOWN} that wait are shown: `./lezzet dlq list` counts them")
    shown = readable(letter.logged.body) if plain else _masked(letter)
    say("body:" if shown == readable(letter.logged.body) else "body, masked; --reveal shows it as it came:")
    say(shown)
    if said.body is not None:
        _write(letter, said)
    return 0


def _about(letter: DeadLetter) -> list[str]:
    lines = [
        f"topic: {letter.topic} {letter.origin} (dead letter {letter.place})",
        f"time: {letter.about.get(headers.DLQ_TIME, '')}",
        f"id: {printed(letter.id)}",
        f"source: {printed(letter.inbox_key[0])}",
        f"key: {'(none)' if letter.logged.key is None else readable(letter.logged.key)}",
        f"reason: {printed(letter.reason)}",
        f"refused by: {printed(letter.group)}",
        f"parked: {'yes' if letter.parked else 'no'}",
    ]
    return [*lines, *(f"header {printed(name)}: {readable(value)}" for name, value in letter.headers)]


def _masked(letter: DeadLetter) -> str:
    """The body without secrets and personal data, as it came where it has none."""
    body = letter.logged.body
    if not body:
        return readable(body)
    said = secrecy.shown(body, letter.type)
    try:
        raw: object = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raw = body.decode(errors="backslashreplace")
    if said == raw:
        return readable(body)
    return readable(said.encode() if isinstance(said, str) else msgspec.json.encode(said))


def readable(body: bytes | None) -> str:
    """Text as it is where a terminal can show it, else hexadecimal digits."""
    if body is None:
        return "(none)"
    if not body:
        return "(empty)"
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\0"
    if all(c.isprintable() or c in "\n\t" for c in text):
        return text
    lines = [body[at : at + _ROW].hex(" ") for at in range(0, len(body), _ROW)]
    return "\n".join([f"(hex, {len(body):,} bytes)", *lines]) if len(lines) > 1 else f"(hex) {lines[0]}"


def _write(letter: DeadLetter, said: argparse.Namespace) -> None:
    try:
        said.body.write_bytes(letter.logged.body or b"")
    except OSError as error:
        raise CannotDo(f"--body: {said.body}: {error.strerror}") from error
    say(f"the original bytes are in {said.body}")
