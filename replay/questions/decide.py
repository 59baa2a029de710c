"""`./lezzet decide DOMAIN`: what the decider of this checkout makes of the commands in the log. Nothing is written.

Each command is decided again on the state before it and on the facts that it has read then, and what happens is compared with
the events that it led to. What is the same is counted, what differs is shown, and what cannot be known is counted by why:
what was prepared with secrets, facts that were not recorded, who owned a unique value. Refusals are compared where the inbox
still has them; `--topics-only` does not ask it.
"""

import argparse
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from replay.log.message import Message, printed, stamp
from replay.log.scan import Progress, progress_of
from replay.log.times import moment
from replay.log.where import Where
from replay.shadow import domains
from replay.shadow.deciding import Deciding, Verdict
from replay.shadow.domains import Domain
from replay.shadow.reading import Reading
from replay.shares import Share, cores, in_shares
from replay.tools import Tools, collecting_nothing, say_answer
from stores.kafka.growth import growth_in

_EXAMPLES = 3  # of what differs, each with its fields
_KINDS = 12  # lines of what differs in which way
_FIELDS = 12  # lines of an example
_TELLS = 1_000  # commands, after which progress may be told


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("domain")
    parser.add_argument("--since", metavar="WHEN", help="only commands from then on: 10m, 2h, 3d, or 2026-11-26T20:00")
    parser.add_argument("--id", help="only commands of this aggregate")
    parser.add_argument(
        "--topics-only", action="store_true", help="do not ask the inbox what became of refused commands"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")


async def run(tools: Tools, said: argparse.Namespace) -> int:
    """Exit code 1 where something differs."""
    since = moment("--since", said.since, datetime.now(UTC))
    found = await decide(tools, said.domain, since, said.id, ask_inbox=not said.topics_only, processes=cores())
    say_answer(found, as_json=said.json)
    return 1 if found.different else 0


@dataclass(slots=True)
class Decided:
    """commands: all that were looked at; the four counts below add up to them. unknown, passed: by why. kinds: of what differs,
    by command and fields. read: messages."""

    domain: str
    commands: int = 0
    same: int = 0
    different: int = 0
    unknown: Counter[str] = field(default_factory=Counter[str])
    passed: Counter[str] = field(default_factory=Counter[str])
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    examples: list[Verdict] = field(default_factory=list[Verdict])
    read: int = 0
    seconds: float = 0.0

    def take(self, verdict: Verdict) -> None:
        self.commands += 1
        match verdict.kind:
            case "same":
                self.same += 1
            case "unknown":
                self.unknown[verdict.why.partition(":")[0]] += 1
            case "passed":
                self.passed[verdict.why] += 1
            case "different":
                self.different += 1
                kind = _kind(verdict)
                self.kinds[kind] += 1
                if self.kinds[kind] == 1 and len(self.examples) < _EXAMPLES:
                    self.examples.append(verdict)

    def add(self, other: "Decided") -> None:
        """What was found of other commands."""
        self.commands += other.commands
        self.same += other.same
        self.different += other.different
        self.unknown += other.unknown
        self.passed += other.passed
        self.kinds += other.kinds
        self.read += other.read
        shown = {_kind(each) for each in self.examples}
        self.examples += [each for each in other.examples if _kind(each) not in shown][: _EXAMPLES - len(self.examples)]

    def add_unreadable(self, found: Counter[str]) -> None:
        self.commands += found.total()
        self.passed += found

    def data(self) -> dict[str, Any]:
        return {
            "domain": self.domain,
            "commands": self.commands,
            "same": self.same,
            "different": self.different,
            "unknown": dict(self.unknown),
            "passed": dict(self.passed),
            "kinds": [
                {"command": name, "fields": fields, "count": n} for (name, fields), n in self.kinds.most_common()
            ],
            "examples": [_example(each) for each in self.examples],
            "read": self.read,
            "seconds": round(self.seconds, 2),
        }

    def lines(self) -> list[str]:
        rate = self.commands / self.seconds if self.seconds else 0.0
        found = [
            f"{self.domain}: {self.commands:,} commands; {self.same:,} decided the same, {self.different:,} differently,"
            f" {self.unknown.total():,} cannot be known, {self.passed.total():,} were not decided"
        ]
        for name, reasons in (("cannot be known", self.unknown), ("not decided", self.passed)):
            found += [f"  {name}: {count:,} {printed(why)}" for why, count in reasons.most_common()]
        found += [f"  differs: {n:,} {name}: {printed(fields)}" for (name, fields), n in self.kinds.most_common(_KINDS)]
        if len(self.kinds) > _KINDS:
            found.append(f"  differs: … in {len(self.kinds) - _KINDS} more ways")
        for each in self.examples:
            found += _lines(each)
        return [
            *found,
            f"{self.read:,} messages read, {self.seconds:.1f} s, {rate:,.0f} commands/s; nothing was written",
        ]


def _kind(verdict: Verdict) -> tuple[str, str]:
    """Which command differs, and in which fields."""
    return type(verdict.command.message).__name__, ", ".join(each.field for each in verdict.differences[:4])


def _example(verdict: Verdict) -> dict[str, Any]:
    command = verdict.command
    return {
        "id": command.id,
        "type": type(command.message).__name__,
        "key": command.key,
        "at": stamp(command.at),
        "where": f"{command.logged.topic} {command.logged.partition}:{command.logged.offset}",
        "differences": [each.data() for each in verdict.differences],
    }


def _lines(verdict: Verdict) -> list[str]:
    command, many = verdict.command, len(verdict.differences)
    place = f"{command.logged.partition}:{command.logged.offset}"
    head = f"  {type(command.message).__name__} {printed(command.id)}  key={printed(command.key)}  {stamp(command.at)}  {place}"
    more = [f"      … and {many - _FIELDS} more"] if many > _FIELDS else []
    return [head, *(f"      {each.line()}" for each in verdict.differences[:_FIELDS]), *more]


async def decide(
    tools: Tools,
    domain: str,
    since: datetime | None = None,
    id: str | None = None,
    *,
    ask_inbox: bool = True,
    where: Where | None = None,
    processes: int = 1,
) -> Decided:
    """id: of an aggregate. where: which commands are told; the others are decided, too, and lead to the states of these.
    processes: among which the partitions are split, see replay.shares. Raises BadArgument, CannotDo, Unavailable."""
    began = time.monotonic()
    chosen = domains.named(domain, tools.settings)

    async def in_share(share: Share) -> Decided:
        found = Decided(domain)
        async with AsyncExitStack() as opened:
            log = await opened.enter_async_context(tools.log())
            stores = await opened.enter_async_context(tools.domains()) if ask_inbox else None
            reading = Reading(log, chosen, await growth_in(log), stores, share)
            progress = progress_of(share, 0, "decided")
            with collecting_nothing():
                await judge(found, chosen, reading, since, id, where, progress)
        return found

    found = Decided(domain)
    for part in await in_shares(in_share, 1 if id is not None else min(processes, chosen.commands.partitions)):
        found.add(part)
    found.seconds = time.monotonic() - began
    return found


async def judge(
    found: Decided,
    domain: Domain,
    reading: Reading,
    since: datetime | None = None,
    id: str | None = None,
    where: Where | None = None,
    progress: Progress | None = None,
) -> None:
    """Decides what is read, and adds it to `found`. progress: None where nobody is told of it. Raises Unavailable."""
    decided = 0
    async for recorded in reading.parts(since, id):
        deciding = Deciding(domain, recorded)
        for each in recorded.commands:
            verdict = deciding.judge(each)
            if where is None or where(Message(each.logged)):
                found.take(verdict)
            decided += 1
            if progress is not None and decided % _TELLS == 0:
                progress.of = reading.of
                progress.at(decided)
    if progress is not None:
        progress.end()
    found.add_unreadable(reading.read.unreadable)
    found.read = reading.read.messages
