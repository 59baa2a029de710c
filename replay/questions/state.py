"""`./lezzet state ID`: an aggregate and its views at any version, folded from its events by the code of this checkout.

ID is the id of an aggregate: of an order, a user, a restaurant, … Several domains may have it; each is told. Only the one
partition of each event topic is read in which the id's events stand. The fold proves itself: versions have no gap from 1 on.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import msgspec

from replay.failure import BadArgument, NotUnderstood
from replay.log.message import printed, stamp
from replay.log.scan import window_of
from replay.shadow import aggregate, domains
from replay.shadow.aggregate import Aggregate, Step
from replay.shadow.differences import ABSENT, Difference, as_shown, differences, plain
from replay.shadow.domains import Domain
from replay.shadow.memory import all_of_keys
from replay.shadow.places import in_order, of_root
from replay.tools import Tools, say_answer
from stores.engineering import Domains
from stores.kafka.growth import Counts, Growth, growth_in
from stores.kafka.log import Logged, LogReader, Place
from stores.kafka.partitioning import partition_of
from stores.logs.searching import since_of
from stores.redis.documents import ViewDocuments
from stores.redis.generations import ViewGenerations
from topics.deciding.projection import View
from topics.messages.message import secret_fields
from topics.messages.topic import Topic

_CHANGES = 12  # lines of one event

At = int | datetime | None
"""A version, a time, or None for now."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id")
    parser.add_argument(
        "--at", metavar="VERSION|TIME", help="a version such as 3, a time such as 2026-11-26T20:00, or 10m ago"
    )
    parser.add_argument("--domain", help="only of this domain")
    parser.add_argument("--diff", action="store_true", help="what differs from what store and Redis hold now")
    parser.add_argument("--json", action="store_true", help="one JSON document")


async def run(tools: Tools, said: argparse.Namespace) -> int:
    found = await state(tools, said.id, at_of(said.at), domain=said.domain, diff=said.diff)
    say_answer(found, as_json=said.json)
    return 0


def at_of(said: str | None) -> At:
    """Raises BadArgument."""
    if said is None:
        return None
    if said.isdecimal():
        return int(said)
    at = since_of(said, datetime.now(UTC))
    if at is None:
        raise NotUnderstood(
            f"--at: {said!r} is neither a version, nor a time such as 2026-11-26T20:00, nor an age such as 10m"
        )
    return at


@dataclass(frozen=True)
class Moment:
    """An event of the aggregate, and what it changed. views: by name."""

    step: Step
    changes: Sequence[Difference]
    views: Mapping[str, Sequence[Difference]]

    @property
    def version(self) -> int:
        return self.step.event.meta.version

    def data(self) -> dict[str, Any]:
        event = self.step.event
        return {
            "version": self.version,
            "event": type(event.message).__name__,
            "at": stamp(event.meta.at),
            "id": event.meta.id,
            "command": event.cause,
            "changes": [each.data() for each in self.changes],
            "views": {name: [each.data() for each in found] for name, found in self.views.items()},
        }

    def lines(self) -> list[str]:
        event = self.step.event
        head = f"  v{self.version}  {stamp(event.meta.at)}  {type(event.message).__name__}  by command {printed(event.cause)}"
        changes = [*self._of("", self.changes)]
        for name, found in self.views.items():
            changes += self._of(f"{name} ", found)
        return [head, *changes]

    def _of(self, where: str, found: Sequence[Difference]) -> list[str]:
        more = [f"      {where}… and {len(found) - _CHANGES} more"] if len(found) > _CHANGES else []
        return [*(f"      {where}{each.line()}" for each in found[:_CHANGES]), *more]


@dataclass(frozen=True)
class Compared:
    """What is stored beside what was folded at the same version. where: the store, or a view with its generation.

    stored: its version; None where nothing is stored. behind: by how many events it is older than the log. secret: fields that
    differ because no topic carries them.
    """

    where: str
    stored: int | None
    behind: int
    differences: Sequence[Difference] = ()
    secret: Sequence[str] = ()

    def data(self) -> dict[str, Any]:
        return {
            "where": self.where, "version": self.stored, "behind": self.behind,
            "differences": [each.data() for each in self.differences], "cannot_be_known": list(self.secret),
        }  # fmt: skip

    def lines(self) -> list[str]:
        if self.stored is None:
            return [f"  {self.where}: nothing is stored"]
        late = f", {self.behind} behind the log" if self.behind > 0 else ""
        many = len(self.differences)
        same = "the same" if not many else f"{many} field{'s'[: many > 1]} differ{'s'[: many == 1]} (folded → stored)"
        hidden = f"; cannot be known, no topic carries it: {', '.join(self.secret)}" if self.secret else ""
        head = f"  {self.where}: version {self.stored}{late}, {same}{hidden}"
        return [head, *(f"      {each.line()}" for each in self.differences)]


@dataclass(frozen=True)
class State:
    """An aggregate of one domain at one moment. version: there. of: its last version in the log. document: its state; views: by
    name, None where nothing is shown. gap: why not all of its events could be applied. moments: up to there. read: messages.

    compared: with what is stored now; empty where that was not asked for.
    """

    domain: str
    id: str
    version: int
    of: int
    document: Any
    views: Mapping[str, Any]
    moments: Sequence[Moment]
    gap: str | None
    twice: int
    compared: Sequence[Compared] = ()

    @property
    def complete(self) -> bool:
        return self.gap is None

    def data(self) -> dict[str, Any]:
        return {
            "domain": self.domain,
            "id": self.id,
            "version": self.version,
            "of": self.of,
            "complete": self.complete,
            "gap": self.gap,
            "twice": self.twice,
            "state": as_shown(self.document),
            "views": {name: as_shown(document) for name, document in self.views.items()},
            "moments": [moment.data() for moment in self.moments],
            "compared": [each.data() for each in self.compared],
        }

    def lines(self) -> list[str]:
        twice = f", {self.twice} of them twice in the log" if self.twice else ""
        proof = (
            f"complete: versions 1 to {self.of} without a gap{twice}" if self.complete else f"NOT complete: {self.gap}"
        )
        found = [f"{self.domain} {printed(self.id)}  version {self.version} of {self.of}  {proof}"]
        for moment in self.moments:
            found += moment.lines()
        found += [f"  state: {_text(self.document)}"]
        found += [f"  view {name}: {_text(document)}" for name, document in self.views.items()]
        for each in self.compared:
            found += each.lines()
        return found


@dataclass(frozen=True)
class States:
    """read: messages of how many partitions, in how many seconds."""

    id: str
    found: Sequence[State]
    read: int
    partitions: int
    seconds: float

    def data(self) -> dict[str, Any]:
        return {"id": self.id, "read": self.read, "found": [each.data() for each in self.found]}

    def lines(self) -> list[str]:
        lines = [line for each in self.found for line in (*each.lines(), "")]
        return [*lines, f"{self.read:,} messages of {self.partitions} partitions read in {self.seconds:.1f} s"]


def _text(document: Any) -> str:
    return "not shown" if document is None else printed(msgspec.json.encode(as_shown(document)).decode())


async def state(tools: Tools, id: str, at: At = None, *, domain: str | None = None, diff: bool = False) -> States:
    """Raises BadArgument where no domain has the id, or not at that moment; CannotDo, Unavailable."""
    began = time.monotonic()
    wanted = [domains.named(domain, tools.settings)] if domain else domains.every(tools.settings)
    async with tools.log() as log:
        read = await _read(log, wanted, id)
    folded = [(each, aggregate.fold(each, records)) for each, records in read.records if records]
    if not folded:
        where = f"the domain {domain}" if domain else "any domain"
        raise BadArgument(
            f"no aggregate of {where} has the id {printed(id)!r} ({read.messages:,} messages of {read.partitions} partitions"
            " read); `./lezzet trace ID` looks for ids of commands and flows"
        )
    found = [state_of(each, id, one, at) for each, one in folded if at is None or _reaches(one, at)]
    if not found:
        raise BadArgument(_outside(folded, at))
    if diff:
        async with _stored(tools) as stored:
            of = {each.name: (each, one) for each, one in folded}
            found = [replace(each, compared=await stored.compared(*of[each.domain], id)) for each in found]
    return States(id, found, read.messages, read.partitions, time.monotonic() - began)


def _outside(folded: Sequence[tuple[Domain, Aggregate]], at: At) -> str:
    there = "; ".join(
        f"{domain.name} has versions 1 to {one.version}, from {stamp(one.steps[0].event.meta.at)} on"
        for domain, one in folded
        if one.steps
    )
    return f"--at {at if isinstance(at, int) else at and stamp(at)}: outside of its events: {there or 'none can be applied'}"


def _reaches(one: Aggregate, at: At) -> bool:
    return 1 <= at <= one.version if isinstance(at, int) else _version_at(one, at) > 0


def _version_at(one: Aggregate, at: At) -> int:
    if at is None:
        return one.version
    if isinstance(at, int):
        return min(at, one.version)
    return sum(1 for step in one.steps if step.event.meta.at <= at)


def state_of(domain: Domain, id: str, one: Aggregate, at: At) -> State:
    version = _version_at(one, at)
    step = one.at(version)
    return State(
        domain.name, id, version, one.last, one.first if step is None else step.state, {} if step is None else step.views,
        _moments(domain, one, version), one.gap, one.twice,
    )  # fmt: skip


def _moments(domain: Domain, one: Aggregate, version: int) -> list[Moment]:
    moments, state, views = list[Moment](), plain(one.first), dict[str, Any]()
    kinds = {view.name: view.document for view in domain.views}
    for step in one.steps[:version]:
        after, shown = plain(step.state), {name: plain(document) for name, document in step.views.items()}
        changed = {name: differences(views.get(name), document, kinds[name]) for name, document in shown.items()}
        found = differences(state, after, domain.decider.state)
        moments.append(Moment(step, found, {name: each for name, each in changed.items() if each}))
        state, views = after, shown
    return moments


@dataclass(frozen=True, slots=True)
class _Read:
    records: Sequence[tuple[Domain, Sequence[Logged]]]
    messages: int
    partitions: int


async def _read(log: LogReader, wanted: Sequence[Domain], id: str) -> _Read:
    """The events of one key, of each domain; one partition of each topic, or those to which the key has moved in raises."""
    counts, key = Counts(await growth_in(log)), id.encode(errors="surrogateescape")
    places = [_places(log, each.events, counts.growth(each.events), key) for each in wanted]
    every = list(chain.from_iterable(places))
    records, messages = await all_of_keys(log, await window_of(log, every), frozenset((key,)))
    by_topic = defaultdict[str, list[Logged]](list)
    for record in records:
        by_topic[record.topic].append(record)
    ordered = [(each, in_order(by_topic[each.events.name], of)) for each, of in zip(wanted, places, strict=True)]
    return _Read(ordered, messages, len(every))


def _places(log: LogReader, topic: Topic, growth: Growth, key: bytes) -> list[Place]:
    return of_root(log, topic, growth, partition_of(key, growth.first))


class _Stored:
    """What the domains' stores and Redis hold now."""

    def __init__(self, stores: Domains, generations: ViewGenerations, documents: ViewDocuments) -> None:
        self._stores = stores
        self._generations = generations
        self._documents = documents

    async def compared(self, domain: Domain, one: Aggregate, id: str) -> list[Compared]:
        return [await self._state(domain, one, id), *[await self._view(view, one, id) for view in domain.views]]

    async def _state(self, domain: Domain, one: Aggregate, id: str) -> Compared:
        stored = (await self._stores.states(domain.name, [id])).get(id)
        if stored is None:
            return Compared("store", None, one.version)
        step = one.at(min(stored.version, one.version))
        folded = plain(one.first if step is None else step.state)
        held = plain(domain.decider.form.decode(stored.body))
        found = differences(folded, held, domain.decider.state)
        secret = [each.field for each in found if _is_secret(domain, each)]
        shown = [each for each in found if each.field not in secret]
        return Compared("store", stored.version, one.version - stored.version, shown, secret)

    async def _view(self, view: View[Any, Any], one: Aggregate, id: str) -> Compared:
        live = (await self._generations.read([view.name]))[view.name].now.live
        where = f"view {view.name}{live.tag if live else ''}"
        found = {} if live is None else await self._documents.of(view.name, live.tag, [id])
        if id not in found:
            return Compared(where, None, one.version)
        version, body = found[id]
        step = one.at(min(version, one.version))
        folded = None if step is None else plain(step.views.get(view.name))
        held = msgspec.json.decode(body) if body else None
        return Compared(where, version, one.version - version, differences(folded, held, view.document))


def _is_secret(domain: Domain, found: Difference) -> bool:
    """Whether the store has it from a field that is on no topic: it goes to `evolve` and nowhere else."""
    names = {name for kind in domain.events.messages for name in secret_fields(kind)}
    return not names.isdisjoint(found.path) and (found.before is ABSENT or not found.before)


@asynccontextmanager
async def _stored(tools: Tools) -> AsyncGenerator[_Stored]:
    async with tools.domains() as stores, tools.view_generations() as generations, tools.view_documents() as documents:
        yield _Stored(stores, generations, documents)
