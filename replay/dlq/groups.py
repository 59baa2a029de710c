"""`./lezzet dlq groups`: dead letters and parked keys that have the same cause, as one line each.

Two of them have the same cause if the same group of the same topic refused them for the same reason, but for what differs in it
from message to message: ids, numbers, texts in quotes.
"""

import argparse
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from replay.dlq.dead_letters import DeadLetter, State, dead_letter_topics, read, states
from replay.log.message import printed, shown_reason, stamp
from replay.tools import Tools, say, say_json
from stores.engineering import ParkedKey

_LONGEST = 160  # characters of a reason
_DIFFERS = re.compile(r"""\b[0-9a-f]{8}-[0-9a-f-]{27}\b|"[^"]*"|'[^']*'|\b[0-9a-f]{16,}\b|\d+""")
_PARKED = "parked"


@dataclass(frozen=True)
class Group:
    """fingerprint: names it, the same for all that have this cause. reason: with … for what differs. count: of dead letters and
    of parked messages. keys: different ones. first, last: when the messages came, RFC 3339. example: a message, as `dlq show`
    takes it. states: how many are in which state."""

    fingerprint: str
    reason: str
    topic: str
    group: str
    count: int
    keys: int
    first: str
    last: str
    example: str
    states: Mapping[str, int]

    def data(self) -> dict[str, Any]:
        return {
            "fingerprint": self.fingerprint, "reason": self.reason, "topic": self.topic, "group": self.group,
            "count": self.count, "keys": self.keys, "first": self.first, "last": self.last, "example": self.example,
            "states": dict(self.states),
        }  # fmt: skip

    def lines(self) -> list[str]:
        told = ", ".join(f"{count:,} {state}" for state, count in self.states.items())
        keys = "1 key" if self.keys == 1 else f"{self.keys:,} keys"
        return [
            f"{self.fingerprint}  {self.count:>7,}  {self.topic} by {printed(self.group)}: {printed(self.reason)}",
            f"    {told}; {keys}; {self.first} to {self.last}; e.g. {self.topic} {printed(self.example)}",
        ]


@dataclass(frozen=True, slots=True)
class _One:
    topic: str
    group: str
    reason: str
    key: str | None
    at: str
    example: str
    state: str
    count: int = 1


async def run(tools: Tools, said: argparse.Namespace) -> int:
    async with tools.log() as log, tools.domains() as domains:
        names = dead_letter_topics(log, said.topic)
        letters = await read(log, names)
        parked = await domains.parked_keys(None if said.topic is None else names[0].removesuffix("_dlq"))
        found = grouped(letters, await states(letters, domains), parked)
    if said.json:
        say_json([group.data() for group in found])
        return 0
    for group in found:
        for line in group.lines():
            say(line)
    if not found:
        say("no dead letters, no parked keys")
    return 0


def grouped(letters: Sequence[DeadLetter], found: Sequence[State], parked: Sequence[ParkedKey]) -> list[Group]:
    """The largest first. found: the state of each dead letter. A message that is parked counts as parked, and not once more as
    the dead letter that it left."""
    ones = [
        _One(d.topic, d.group, d.reason, d.key, d.time, d.place, state)
        for d, state in zip(letters, found, strict=True)
        if state != _PARKED
    ]
    ones += [
        _One(row.topic, f"{row.domain}.decide", row.reason, row.key, stamp(row.at), row.id, _PARKED, row.messages)
        for row in parked
    ]
    by_print = dict[str, list[_One]]()
    for one in ones:
        by_print.setdefault(fingerprint(one.topic, one.group, one.reason), []).append(one)
    return sorted((_group(name, of) for name, of in by_print.items()), key=lambda g: (-g.count, g.fingerprint))


def fingerprint(topic: str, group: str, reason: str) -> str:
    """Eight hexadecimal digits."""
    said = f"{topic}\n{group}\n{alike(reason)}"
    return hashlib.sha256(said.encode(errors="backslashreplace")).hexdigest()[:8]


def alike(reason: str) -> str:
    """With … in place of what differs from message to message. At most 160 characters."""
    return _DIFFERS.sub("…", reason)[:_LONGEST]


def of_letter(letter: DeadLetter) -> str:
    return fingerprint(letter.topic, letter.group, letter.reason)


def of_parked(row: ParkedKey) -> str:
    return fingerprint(row.topic, f"{row.domain}.decide", row.reason)


def _group(name: str, of: Sequence[_One]) -> Group:
    counts = dict[str, int]()
    for one in of:
        counts[one.state] = counts.get(one.state, 0) + one.count
    times = sorted(one.at for one in of)
    return Group(
        name, alike(shown_reason(of[0].reason)), of[0].topic, of[0].group, sum(counts.values()), len({one.key for one in of}),
        times[0], times[-1], of[-1].example, counts,
    )  # fmt: skip
