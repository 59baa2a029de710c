"""`./lezzet views diff NAME`: the view as the code of this checkout makes it of all events, beside the one that readers use.

The shadow is in memory; Redis is only read, so no read of a client waits or fails. A document is compared at the version at
which the live one stands; where events come meanwhile, it is compared again.
"""

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from replay.failure import BadArgument
from replay.log.message import printed
from replay.log.scan import Log, Progress, Window, window_of
from replay.shadow import domains
from replay.shadow.differences import ABSENT, Difference, differences
from replay.shadow.places import in_turn
from replay.shadow.views import ShadowView
from replay.tools import Tools, say_answer
from stores.kafka.growth import Counts, Growth, growth_in
from stores.kafka.log import Place
from stores.redis.documents import ViewDocuments
from stores.redis.generations import Generation
from topics.deciding.projection import View

_AT_ONCE = 500  # documents of one look
_ROUNDS = 20  # times that what has moved meanwhile is compared again
_AGAIN = 0.25  # seconds before that
_EXAMPLES = 3
_FIELDS = 12  # lines of an example
_KINDS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("view")
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON document")


async def run(tools: Tools, said: argparse.Namespace) -> int:
    """Exit code 1 where something differs."""
    found = await diff(tools, said.view)
    say_answer(found, as_json=said.json)
    return 0 if found.is_same else 1


@dataclass(slots=True)
class ViewDiff:
    """form: whether the live generation was written in the form of this code. documents: that were compared. missing: shown by
    the shadow and not there; surplus: there, and no event says so. moving: changed all the time, and were never compared at one
    version. bad: aggregates that the code of now cannot show, and why. kinds: of what differs, by field."""

    view: str
    generation: str
    same_form: bool
    events: int = 0
    documents: int = 0
    same: int = 0
    different: int = 0
    missing: list[str] = field(default_factory=list[str])
    surplus: list[str] = field(default_factory=list[str])
    moving: int = 0
    bad: Mapping[str, str] = field(default_factory=dict[str, str])
    kinds: Counter[str] = field(default_factory=Counter[str])
    examples: list[tuple[str, int, list[Difference]]] = field(default_factory=list[tuple[str, int, list[Difference]]])
    seconds: float = 0.0
    fold_seconds: float = 0.0

    @property
    def is_same(self) -> bool:
        return not (self.different or self.missing or self.surplus or self.moving or self.bad)

    def take(self, id: str, version: int, found: list[Difference]) -> None:
        self.documents += 1
        if not found:
            self.same += 1
            return
        self.different += 1
        for name in dict.fromkeys(
            ".".join("*" if each.isdecimal() else each for each in one.path) or "$" for one in found
        ):
            self.kinds[name] += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append((id, version, found))

    def data(self) -> dict[str, Any]:
        return {
            "view": self.view,
            "generation": self.generation,
            "same_form": self.same_form,
            "events": self.events,
            "documents": self.documents,
            "same": self.same,
            "different": self.different,
            "missing": self.missing,
            "surplus": self.surplus,
            "moving": self.moving,
            "bad": dict(self.bad),
            "kinds": dict(self.kinds),
            "examples": [
                {"id": id, "version": version, "differences": [each.data() for each in found]}
                for id, version, found in self.examples
            ],
            "seconds": round(self.seconds, 2),
        }

    def lines(self) -> list[str]:
        form = "" if self.same_form else "; the live one was written by another release"
        found = [
            f"{self.view}{self.generation}: {self.documents:,} documents, {self.same:,} the same, {self.different:,} differ"
            f" (live → by this code){form}"
        ]
        for name, ids in (("missing in the live one", self.missing), ("there, and no event says so", self.surplus)):
            if ids:
                found.append(
                    f"  {len(ids):,} {name}: {', '.join(map(printed, ids[:_EXAMPLES]))}{'…' * (len(ids) > _EXAMPLES)}"
                )
        if self.moving:
            found.append(f"  {self.moving:,} changed all the time: give the command again")
        found += [f"  cannot be shown: {printed(id)}: {printed(why)}" for id, why in list(self.bad.items())[:_EXAMPLES]]
        found += [f"  differs: {count:,} in {printed(name)}" for name, count in self.kinds.most_common(_KINDS)]
        for id, version, differs in self.examples:
            found.append(f"  {printed(id)} at version {version}")
            found += [f"      {each.line()}" for each in differs[:_FIELDS]]
        rate = self.events / self.fold_seconds if self.fold_seconds else 0.0
        return [*found, f"{self.events:,} events in {self.seconds:.1f} s, {rate:,.0f} events/s; nothing was written"]


async def diff(tools: Tools, name: str) -> ViewDiff:
    """Raises BadArgument, Unavailable."""
    began, view = time.monotonic(), domains.view_named(name, tools.settings)
    async with tools.view_generations() as generations, tools.view_documents() as documents, tools.log() as log:
        live = (await generations.read([name]))[name].now.live
        if live is None:
            raise BadArgument(f"the view {name!r} has no generation yet: agents make it when they start")
        shadow = Shadow(view, log, Counts(await growth_in(log)).growth(view.topic))
        found = ViewDiff(name, live.tag, live.form == view.form)
        await shadow.catch_up()
        found.fold_seconds = time.monotonic() - began
        await _Comparing(view, live, documents, shadow, found).run()
    found.events, found.bad = shadow.folded.events, shadow.folded.bad
    found.seconds = time.monotonic() - began
    return found


class Shadow:
    """A view that is folded from the whole topic, and can be brought up to where the log ends."""

    def __init__(self, view: View[Any, Any], log: Log, growth: Growth) -> None:
        self.folded = ShadowView(view)
        self._topic, self._log, self._growth = view.topic, log, growth
        self._at: dict[Place, int] = {}

    async def catch_up(self) -> None:
        turns = [await self._left(places) for places in in_turn(self._log, self._topic, self._growth)]
        progress, read = Progress(sum(window.messages for window in turns), "folded"), 0
        for window in turns:
            async for chunk in self._log.read(window.starts, window.ends):
                self.folded.take(chunk)
                read += len(chunk)
                progress.at(read)
            self._at |= window.ends
        progress.end()

    async def _left(self, places: Sequence[Place]) -> Window:
        """What was not read yet."""
        whole = await window_of(self._log, places)
        return Window({place: max(self._at.get(place, 0), first) for place, first in whole.starts.items()}, whole.ends)


class _Comparing:
    def __init__(
        self, view: View[Any, Any], live: Generation, documents: ViewDocuments, shadow: Shadow, found: ViewDiff
    ) -> None:
        self._view, self._live, self._documents, self._shadow, self._found = view, live, documents, shadow, found

    async def run(self) -> None:
        folded = self._shadow.folded
        left: Sequence[str] = [id for id in folded.documents if id not in folded.bad]
        for _ in range(_ROUNDS):
            left = [id for some in _chunks(left) for id in await self._some(some)]
            if not left:
                break
            await asyncio.sleep(_AGAIN)
            await self._shadow.catch_up()
        await self._unsettled(left)
        await self._surplus()

    async def _some(self, ids: Sequence[str]) -> list[str]:
        """Compares these. Returns those that stand at another version."""
        held, moved = await self._documents.of(self._view.name, self._live.tag, ids), list[str]()
        for id in ids:
            version, document = self._shadow.folded.documents[id]
            at, body = held.get(id, (0, b""))
            if at != version and not (at == 0 and document is None):
                moved.append(id)
            else:
                self._found.take(id, version, self._differences(body, document))
        return moved

    def _differences(self, body: bytes, document: Any) -> list[Difference]:
        now = b"" if document is None else msgspec.json.encode(document)
        if now == body:
            return []
        held = msgspec.json.decode(body) if body else ABSENT
        return differences(held, msgspec.json.decode(now) if now else ABSENT, self._view.document)

    async def _unsettled(self, ids: Sequence[str]) -> None:
        for some in _chunks(ids):
            held = await self._documents.of(self._view.name, self._live.tag, some)
            self._found.missing += [id for id in some if id not in held]
            self._found.moving += sum(1 for id in some if id in held)

    async def _surplus(self) -> None:
        known = self._shadow.folded
        found = dict[str, None]()
        async for ids in self._documents.ids(self._view.name, self._live.tag):
            found |= dict.fromkeys(id for id in ids if id not in known.documents and id not in known.bad)
        if found:
            await self._shadow.catch_up()  # it may have come meanwhile
        self._found.surplus += [id for id in found if id not in known.documents]


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
