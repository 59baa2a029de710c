"""`./lezzet replay TOPIC`: messages of the log into a shadow: a view, a copy of facts, or decisions.

Nothing is written, sent or paid: what is made stands in memory, and is told or, by `--out`, put into a file. A topic of events
goes into one of its views or into facts of a domain (`--into view:order`, `--into facts:basket.meals`), into its first view
where nothing is said; one of commands into decisions. `--since` begins in the middle: documents are then made of the events
from there on alone. So it is with `--type` and `--where`, which choose. Of decisions `--where` chooses which are told: each is
made on the state that all commands of its key have led to.
"""

import argparse
import time
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import nsmallest
from pathlib import Path
from typing import Any

import msgspec

from replay.failure import BadArgument, no_such
from replay.log.message import printed, shown_key
from replay.log.scan import progress_of, window_of
from replay.log.times import moment
from replay.log.where import Where
from replay.questions.decide import Decided, decide
from replay.shadow import domains
from replay.shadow.differences import as_shown
from replay.shadow.places import in_turn
from replay.shadow.views import ShadowView
from replay.shares import Share, cores, in_shares
from replay.tools import Tools, say_answer
from stores.kafka.growth import Counts, growth_in
from stores.kafka.log import Logged
from stores.settings import Settings
from topics.contracts import all_topics
from topics.deciding.projection import FactTable, View
from topics.messages import headers
from topics.messages.topic import Topic

_EXAMPLES = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("topic")
    parser.add_argument("--into", metavar="WHAT", help="view:NAME, facts:DOMAIN.TABLE, or decision")
    parser.add_argument("--key", help="only messages with this key")
    parser.add_argument("--type", help="only messages of this type, and what they do to documents that exist")
    parser.add_argument(
        "--where", metavar="EXPR", help="only messages that this condition in CEL holds for, as in find"
    )
    parser.add_argument("--since", metavar="WHEN", help="only what came from then on: 10m, 2h, 3d, or 2026-11-26T20:00")
    parser.add_argument("--until", metavar="WHEN", help="as --since")
    parser.add_argument("--out", metavar="FILE", help="the documents, as a JSON document a line, without personal data")
    parser.add_argument("--json", action="store_true", help="one JSON document")


async def run(tools: Tools, said: argparse.Namespace) -> int:
    """Exit code 1 where something could not be shown, or is decided differently."""
    now = datetime.now(UTC)
    since, until = moment("--since", said.since, now), moment("--until", said.until, now)
    asked = Asked(said.key, said.type, since, until, None if said.where is None else Where(said.where))
    found = await replay(tools, said.topic, said.into, asked, out=said.out, processes=cores())
    say_answer(found, as_json=said.json)
    return 1 if (found.different if isinstance(found, Decided) else found.bad) else 0


@dataclass(frozen=True, slots=True)
class Asked:
    """Which messages. None: all."""

    key: str | None = None
    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    where: Where | None = None

    @property
    def is_part(self) -> bool:
        """Whether events may be missing before those that are replayed."""
        return self.since is not None or self.type is not None or self.where is not None


@dataclass(slots=True)
class Replayed:
    """messages: that were read. events: of them, that were applied. documents: that are shown at the end. gone: aggregates that
    are not. bad: by aggregate, why an event of it could not be applied. examples: id, version,
    and document as it is shown, of those with the first ids: whichever partition is read first, they are the same."""

    topic: str
    into: str
    messages: int = 0
    events: int = 0
    documents: int = 0
    gone: int = 0
    bad: dict[str, str] = field(default_factory=dict[str, str])
    examples: list[tuple[str, int, Any]] = field(default_factory=list[tuple[str, int, Any]])
    seconds: float = 0.0

    def add(self, other: "Replayed") -> None:
        """What was found of other aggregates."""
        self.messages += other.messages
        self.events += other.events
        self.documents += other.documents
        self.gone += other.gone
        self.bad |= other.bad
        self.examples = nsmallest(_EXAMPLES, [*self.examples, *other.examples])

    def data(self) -> dict[str, Any]:
        return {
            "topic": self.topic, "into": self.into, "messages": self.messages, "events": self.events,
            "documents": self.documents, "gone": self.gone, "bad": self.bad,
            "examples": [
                {"id": shown_key(id), "version": version, "document": document}
                for id, version, document in self.examples
            ],
            "seconds": round(self.seconds, 2),
        }  # fmt: skip

    def lines(self) -> list[str]:
        rate = self.events / self.seconds if self.seconds else 0.0
        found = [
            f"{self.topic} into {self.into}: {self.documents:,} documents, {self.gone:,} aggregates are not shown"
            f" ({self.events:,} events)"
        ]
        found += [f"  cannot be shown: {printed(id)}: {printed(why)}" for id, why in list(self.bad.items())[:_EXAMPLES]]
        for id, version, document in self.examples:
            text = printed(msgspec.json.encode(document).decode())
            found.append(f"  {printed(shown_key(id))} at version {version}: {text[:400]}{'…' * (len(text) > 400)}")
        return [
            *found,
            f"{self.messages:,} messages in {self.seconds:.1f} s, {rate:,.0f} events/s; nothing was written",
        ]


async def replay(
    tools: Tools, topic: str, into: str | None, asked: Asked, *, out: str | None = None, processes: int = 1
) -> Replayed | Decided:
    """processes: among which the partitions are split, see replay.shares; a file is written by one. Raises BadArgument,
    CannotDo, Unavailable."""
    contracts = all_topics()
    if topic not in contracts:
        raise BadArgument(no_such("topic", topic, contracts, "none"))
    if into == "decision" or (into is None and topic.endswith("_commands")):
        if not topic.endswith("_commands"):
            raise BadArgument(f"--into decision: {topic} is no topic of commands")
        if asked.type or asked.until or out:
            raise BadArgument(
                "--type, --until and --out are for documents; decisions are made of all commands of a key"
            )
        domain = topic.removesuffix("_commands")
        return await decide(tools, domain, asked.since, asked.key, where=asked.where, processes=processes)
    of = _shadow_of(tools.settings, contracts[topic], into)
    began = time.monotonic()

    async def in_share(share: Share) -> Replayed:
        return await _replayed(tools, of, asked, out, share)

    found = Replayed(topic, _name_of(of))
    for part in await in_shares(in_share, 1 if out is not None else min(processes, contracts[topic].partitions)):
        found.add(part)
    found.seconds = time.monotonic() - began
    return found


async def _replayed(
    tools: Tools, of: View[Any, Any] | FactTable[Any, Any], asked: Asked, out: str | None, share: Share
) -> Replayed:
    shadow, found = ShadowView(of, gaps_are_fine=asked.is_part), Replayed(of.topic.name, _name_of(of))
    async with tools.log() as log:
        growth = Counts(await growth_in(log)).growth(of.topic)
        turns = in_turn(log, of.topic, growth, share)
        windows = [await window_of(log, places, asked.since, asked.until) for places in turns]
        progress = progress_of(share, sum(window.messages for window in windows), "replayed")
        for window in windows:
            async for chunk in log.read(window.starts, window.ends):
                found.messages += len(chunk)
                shadow.take(_chosen(chunk, asked))
                progress.at(found.messages)
        progress.end()
    _tell(shadow, found, out)
    return found


def _name_of(of: View[Any, Any] | FactTable[Any, Any]) -> str:
    return f"{'view' if isinstance(of, View) else 'facts'} {of.name}"


def _tell(shadow: ShadowView, found: Replayed, out: str | None) -> None:
    found.events, found.bad = shadow.events, shadow.bad
    try:
        with nullcontext() if out is None else Path(out).open("wb") as file:
            for id, (version, document) in shadow.documents.items():
                if document is None:
                    found.gone += 1
                    continue
                found.documents += 1
                if file is not None:
                    row = {"id": shown_key(id), "version": version, "document": as_shown(document)}
                    file.write(msgspec.json.encode(row) + b"\n")
    except OSError as error:
        raise BadArgument(f"--out {out}: {error.strerror}") from None
    first = nsmallest(_EXAMPLES, (id for id, (_, document) in shadow.documents.items() if document is not None))
    found.examples = [(id, shadow.documents[id].version, as_shown(shadow.documents[id].document)) for id in first]


def _chosen(chunk: Sequence[Logged], asked: Asked) -> Iterable[Logged]:
    if asked.key is not None:
        key = asked.key.encode()
        chunk = [each for each in chunk if each.key == key]
    if asked.type is not None:
        wanted = (headers.TYPE, asked.type.encode())
        chunk = [each for each in chunk if wanted in each.headers]
    if asked.where is not None:
        chunk = asked.where.of(chunk)
    return chunk


def _shadow_of(settings: Settings, topic: Topic, into: str | None) -> View[Any, Any] | FactTable[Any, Any]:
    """Raises BadArgument."""
    every = domains.every(settings)
    shadows: dict[str, View[Any, Any] | FactTable[Any, Any]] = {
        f"view:{view.name}": view for each in every for view in each.views if view.topic.name == topic.name
    }
    shadows |= {
        f"facts:{each.name}.{table.name}": table
        for each in every
        for table in each.decider.fact_tables
        if table.topic.name == topic.name
    }
    wanted = into or next(iter(shadows), "")
    if wanted not in shadows:
        raise BadArgument(no_such("shadow", wanted, shadows, f"{topic.name} is shown nowhere and copied nowhere"))
    return shadows[wanted]
