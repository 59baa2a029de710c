"""`python -m agents.reread TOPIC --group GROUP`: makes a domain's copies of facts anew from the topic, while its agents go on.

For copies that lack what the code of today makes of the same events, and for those that stayed behind. It folds the events of
the topic from the first one on, and puts each copy in the place of the one that is there, if that is not of a later version.
What the agents have copied meanwhile is read again until nothing is left. A dry run without --yes.
"""

import argparse
import importlib
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aiokafka import ConsumerRecord

from agents.command_line import CannotDo, run, say_json, topic_named
from agents.domains import DOMAINS
from agents.runtime.arrivals import Arrival
from agents.runtime.reading import events
from agents.runtime.reading.events import Event
from agents.runtime.transport.lease import Batch, Lease
from stores.engineering import Facts
from stores.kafka.growth import Counts, Growth, growth_in
from stores.kafka.log import Logged, LogReader, Place, open_log
from stores.kafka.partitioning import partition_of
from stores.protocol import FactKey, FactWrite, Source
from stores.settings import Settings
from stores.technologies import open_facts
from topics.deciding.projection import FactTable
from topics.messages.topic import Topic

AT_ONCE = 500  # copies of one write
PER_PASS = 100_000  # copies that are held in memory: where there are more, the partition is read several times
ROUNDS = 20  # times that what the agents have copied meanwhile is read again
EXAMPLES = 5

Tables = Mapping[str, FactTable[Any, Any]]


@dataclass(slots=True)
class Report:
    """events: read. different: copies that are not as they should be; those are `written`, without a dry run. left: copies that
    the agents changed again and again. bad: aggregates that cannot be made, and why."""

    events: int = 0
    different: int = 0
    written: int = 0
    left: int = 0
    bad: dict[FactKey, str] = field(default_factory=dict[FactKey, str])


def tables_of(group: str, topic: Topic) -> Tables:
    """The fact tables that the group makes of the topic. Raises CannotDo where it makes none."""
    domain, _, shape = group.partition(".")
    if domain not in DOMAINS or shape not in ("decide", "project", "effect"):
        raise CannotDo(f"no group {group!r}, one is basket.project; the domains are {', '.join(DOMAINS)}")
    if shape != "project":
        raise CannotDo(
            f"{group} decides or has effects: it would do again what it has done. Only copies are read again"
        )
    decider = importlib.import_module(f"agents.{domain}.decider").DECIDER
    found = {table.name: table for table in decider.fact_tables if table.topic.name == topic.name}
    if not found:
        raise CannotDo(f"{group} makes no copies of {topic.name}; views are built again by `./lezzet views rebuild`")
    return found


async def reread(settings: Settings, topic: Topic, group: str, *, write: bool) -> Report:
    """Raises CannotDo and Doubt."""
    tables_of(group, topic)
    async with open_log(settings.kafka) as log, open_facts(settings, group.partition(".")[0]) as facts:
        if not await facts.has_floor(group, topic.name):
            raise CannotDo(f"{group} has not read {topic.name} yet")
        return await remake(log, facts, topic, group, write=write)


async def remake(log: LogReader, facts: Facts, topic: Topic, group: str, *, write: bool) -> Report:
    """As reread, whether the group has read the topic or not."""
    tables, report = tables_of(group, topic), Report()
    there = max([await facts.count(name) for name in tables])
    growth = Counts(await growth_in(log)).growth(topic)
    passes = 1 + there // growth.first // PER_PASS
    for root in range(growth.first):
        for part in range(passes):
            await _Pass(log, facts, topic, tables, group, growth, root, (part, passes), report).run(write)
        if write and not report.bad:
            for partition in range(root, growth.partitions, growth.first):
                await facts.nothing_is_missed(Source(group, topic.name, partition))
    return report


class _Made(NamedTuple):
    """A copy. owner: the partition that its key belongs to."""

    version: int
    document: Any
    owner: int


class _Pass:
    """Some aggregates of those that were in the partition `root` at the beginning: whose key falls into `part` of so many
    parts."""

    def __init__(
        self, log: LogReader, facts: Facts, topic: Topic, tables: Tables, group: str, growth: Growth, root: int,
        part: tuple[int, int], report: Report,
    ) -> None:  # fmt: skip
        self._log, self._facts, self._topic, self._tables, self._group = log, facts, topic, tables, group
        self._growth, self._root, self._part, self._report = growth, root, part, report
        self._made: dict[FactKey, _Made] = {}
        self._at: dict[int, int] = {}  # partition → offset up to which it was read

    async def run(self, write: bool) -> None:
        await self._read()
        if not write:
            for _, chunk in self._writes(None):
                self._report.different += await self._facts.different(chunk)
            return
        wanted = None
        for _ in range(ROUNDS):
            wanted = await self._write(wanted)
            if not wanted:
                return
            # Copies that the agents have changed meanwhile, perhaps of those that were here before: make them anew, too.
            await self._read()
        self._report.left += len(wanted or ())

    async def _read(self) -> None:
        """Folds the events that were not read yet, up to where the logs end now."""
        places = [
            Place(self._topic.name, each) for each in range(self._root, self._growth.partitions, self._growth.first)
        ]
        bounds = await self._log.bounds(places)
        for partition, end in self._growth.stretches(self._root):
            place = Place(self._topic.name, partition)
            until = bounds[place].end if end is None else min(end, bounds[place].end)
            start = max(self._at.get(partition, 0), bounds[place].first)
            async for chunk in self._log.read({place: start}, {place: until}):
                ours = [each for each in chunk if zlib.crc32(each.key or b"") % self._part[1] == self._part[0]]
                self._report.events += len(ours)
                if ours:
                    self._fold(ours)
            self._at[partition] = max(start, until)

    def _fold(self, records: Sequence[Logged]) -> None:
        found, _ = events_of(self._topic, self._group, records)
        for event in found:
            for name, table in self._tables.items():
                self._take((name, event.meta.aggregate_id), table, event)

    def _take(self, place: FactKey, table: FactTable[Any, Any], event: Event) -> None:
        version, document, _ = self._made.get(place) or _Made(0, None, 0)
        following = events.is_next(event, version)
        if following is False or place in self._report.bad:
            return
        try:
            if following is None:
                raise ValueError(f"version gap: {version} was seen, {event.meta.version} came")
            if event.message is None:
                raise ValueError(str(event.arrival.error))
            shown = table.show(document, event.message, event.meta).document
            owner = partition_of(event.arrival.raw_key or b"", self._growth.partitions)
            self._made[place] = _Made(event.meta.version, shown, owner)
        except Exception as error:
            self._report.bad[place] = str(error)
            self._made.pop(place, None)

    def _writes(self, wanted: set[FactKey] | None) -> Iterable[tuple[Source, Sequence[FactWrite]]]:
        """Chunks of those that are wanted, None: all; with the partition whose owner keeps them."""
        found = defaultdict[int, list[FactWrite]](list)
        for (name, key), (version, document, owner) in self._made.items():
            if wanted is None or (name, key) in wanted:
                body = None if document is None else self._tables[name].form.encode(document)
                found[owner].append(FactWrite(name, key, version, body))
        for owner, writes in found.items():
            for start in range(0, len(writes), AT_ONCE):
                yield Source(self._group, self._topic.name, owner), writes[start : start + AT_ONCE]

    async def _write(self, wanted: set[FactKey] | None) -> set[FactKey]:
        """Writes the copies that are wanted, None: all. Returns those that the agents have at a later version."""
        ahead = set[FactKey]()
        for source, chunk in self._writes(wanted):
            written, later = await self._facts.write(source, chunk)
            self._report.written += written
            ahead |= later
        return ahead


def events_of(topic: Topic, group: str, records: Sequence[Logged]) -> tuple[list[Event], list[Arrival]]:
    """The events among records of one partition, and those that are none, as the group reads them (events.read)."""
    lease = Lease(Source(group, *records[0].place))
    return events.read(topic, Batch(lease, list(map(record_of, records)), records[0].offset), 0)


def record_of(logged: Logged) -> ConsumerRecord[bytes, bytes]:
    """As a consumer of the agents gets it."""
    milliseconds = int(logged.at.timestamp() * 1000)
    return ConsumerRecord(
        logged.topic, logged.partition, logged.offset, milliseconds, 0, logged.key, logged.body, None, 0, 0,
        list(logged.headers),
    )  # fmt: skip


def _data(topic: str, group: str, report: Report, *, write: bool) -> dict[str, Any]:
    """bad: why copies cannot be made, by table and key."""
    bad = defaultdict[str, dict[str, str]](dict)
    for (table, key), why in report.bad.items():
        bad[table][key] = why
    return {
        "topic": topic, "group": group, "done": write, "events": report.events, "written": report.written, "left": report.left,
        "different": None if write else report.different, "bad": bad,
    }  # fmt: skip


def _say(topic: str, group: str, report: Report, *, write: bool) -> None:
    done = f"{report.written} copies are written anew" if write else f"{report.different} copies would be written anew"
    sys.stdout.write(f"{topic} for {group}: {report.events} events read, {done}\n")
    for (table, key), why in list(report.bad.items())[:EXAMPLES]:
        sys.stdout.write(f"  {table} {key[:64]}: stays as it is: {why}\n")
    if report.bad:
        kinds = Counter(table for table, _ in report.bad)
        sys.stdout.write(f"  cannot be made: {', '.join(f'{count} of {table}' for table, count in kinds.items())}\n")
    if report.left:
        sys.stdout.write(f"  {report.left} copies changed all the time, give the command again\n")
    if not write:
        sys.stdout.write("dry run: nothing was changed, --yes does it\n")


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0 done, 1 not all of it (it says what), 2 wrong arguments or settings."""
    parser = argparse.ArgumentParser(prog="./lezzet topics reread", description=__doc__)
    parser.add_argument("topic")
    parser.add_argument("--group", required=True, help="who reads it again, e.g. basket.project")
    parser.add_argument("--yes", action="store_true", help="do it")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    said = parser.parse_args(arguments)

    async def ask(settings: Settings) -> Report:
        return await reread(settings, topic_named(said.topic), said.group, write=said.yes)

    def tell(report: Report) -> int:
        if said.json:
            say_json(_data(said.topic, said.group, report, write=said.yes))
        else:
            _say(said.topic, said.group, report, write=said.yes)
        return 1 if report.bad or report.left else 0

    return run("topics", "reread", ask, tell)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
