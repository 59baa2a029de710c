"""`./lezzet dlq show`: one dead letter as it came; byte for byte where `--reveal` or `--body` is said."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from replay.dlq.dead_letters import MEANINGS, DeadLetter, State, chosen, dead_letter_topics, read, states
from replay.dlq.unparking import SHOWN
from replay.failure import CannotDo
from replay.log import reveal, secrecy
from replay.log.message import printed, stamp
from replay.tools import Tools, say, say_answer
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
    shown = _Shown(
        letter, state, [other.place for other in found[:-1]], [row for row in waiting if row.id != letter.id], plain
    )
    if said.body is not None:
        _write(letter, said)
    say_answer(shown, as_json=said.json)
    if said.body is not None and not said.json:
        say(f"the original bytes are in {said.body}")
    return 0


@dataclass(frozen=True)
class _Shown:
    """also_at: places of the same message. waiting: the first that are parked with it. plain: with personal data."""

    letter: DeadLetter
    state: State
    also_at: Sequence[str]
    waiting: Sequence[ParkedRow]
    plain: bool

    def data(self) -> dict[str, Any]:
        return self.letter.data(self.state, reveal=self.plain) | {
            "also_at": list(self.also_at),
            "headers": {name: self._masked(readable(value)) for name, value in self.letter.headers},
            "waiting": [
                {"time": stamp(row.at), "id": row.id, "bytes": len(row.body), "reason": self._masked(row.reason)}
                for row in self.waiting
            ],
            "body": self._body,
        }

    def lines(self) -> list[str]:
        body = self._body
        return [
            *map(self._masked, _about(self.letter)),
            f"state: {self.state} ({MEANINGS[self.state]})",
            *([f"also at: {', '.join(self.also_at)}"] if self.also_at else []),
            *(
                f"waits with it: {stamp(row.at)}  id={printed(row.id)}  {len(row.body):,} bytes"
                f"  {printed(self._masked(row.reason))}"
                for row in self.waiting
            ),
            *(
                [f"only the first {SHOWN} that wait are shown: `./lezzet dlq list` counts them"]
                if len(self.waiting) >= SHOWN - 1
                else []
            ),
            "body:" if body == readable(self.letter.logged.body) else "body, masked; --reveal shows it as it came:",
            body,
        ]

    @property
    def _body(self) -> str:
        return readable(self.letter.logged.body) if self.plain else _masked(self.letter)

    def _masked(self, text: str) -> str:
        return text if self.plain else personal.masked_text(text)


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
