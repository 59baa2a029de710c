"""Reads from the log what the agents decided on: commands, the events of their aggregates, and the events of the facts that the
decisions have read. Of some aggregates at a time, so that memory is bounded."""

import zlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from replay.log.scan import Log, Window, window_of
from replay.shadow import commands, events
from replay.shadow.commands import RecordedCommand
from replay.shadow.copies import Copies, NotRecorded, read_of
from replay.shadow.deciding import Recorded
from replay.shadow.domains import Domain
from replay.shadow.events import Entry
from replay.shadow.memory import Inbox, all_of_keys
from replay.shadow.places import in_order, of_root
from replay.shares import WHOLE, Share
from stores.engineering import Entered
from stores.kafka.growth import Counts, Growth
from stores.kafka.log import Logged, Place
from stores.kafka.partitioning import partition_of
from topics.messages.message import Undecodable
from topics.messages.topic import Topic

PER_PASS = 100_000  # commands that are in memory together: where there are more, the partition is read several times
_INBOX = 1_000  # entries that are asked for at once


@dataclass(slots=True)
class Read:
    """So far. messages: how many. unreadable: why commands cannot be decoded → how many."""

    messages: int = 0
    unreadable: Counter[str] = field(default_factory=Counter[str])


class Reading:
    """Of one domain. growth: of the topics that were raised. inbox: says what became of commands without events; None: it is
    not asked. share: of the partitions that are read. of: how many messages are looked through for commands; set before the
    first part is given."""

    def __init__(
        self, log: Log, domain: Domain, growth: Mapping[str, Growth], inbox: Inbox | None, share: Share = WHOLE
    ) -> None:
        self._log = log
        self._domain = domain
        self._counts = Counts(growth)
        self._inbox = inbox
        self._share = share
        self.read = Read()
        self.of = 0

    async def parts(self, since: datetime | None, key: str | None) -> AsyncIterator[Recorded]:
        """All recorded commands with what they were decided on, some aggregates at a time. since: only commands from then on.
        key: only those of one aggregate."""
        growth = self._counts.growth(self._domain.commands)
        if self._domain.commands.name not in self._log.topics:
            return
        roots = range(growth.first) if key is None else [partition_of(key.encode(), growth.first)]
        own = [(root, self._places(self._domain.commands, root)) for root in self._share.among(roots)]
        windows = [await window_of(self._log, places, since) for _, places in own]
        self.of = sum(chosen.messages for chosen in windows)
        for (root, places), chosen in zip(own, windows, strict=True):
            passes = 1 + chosen.messages // PER_PASS if key is None else 1
            for part in range(passes):
                found = await self._commands(places, chosen, key, (part, passes))
                if found:
                    yield await self._recorded(found, root, growth)

    async def _commands(
        self, places: Sequence[Place], chosen: Window, key: str | None, part: tuple[int, int]
    ) -> list[RecordedCommand]:
        if key is not None:
            records, read = await all_of_keys(self._log, chosen, frozenset((key.encode(),)))
            self.read.messages += read
            return self._with_repairs(in_order(self._decoded(records), places))
        (number, of), found = part, list[RecordedCommand]()
        async for chunk in self._log.read(chosen.starts, chosen.ends):
            self.read.messages += len(chunk)
            mine = chunk if of == 1 else [each for each in chunk if zlib.crc32(each.key or b"") % of == number]
            found += self._decoded(mine)
        return self._with_repairs(in_order(found, places))

    def _decoded(self, records: Sequence[Logged]) -> list[RecordedCommand]:
        topic, found = self._domain.commands, list[RecordedCommand]()
        for record in records:
            try:
                found.append(commands.read(topic, record))
            except Undecodable as error:
                self.read.unreadable[f"cannot be read: {error.field}"] += 1
        return found

    def _with_repairs(self, found: Sequence[RecordedCommand]) -> list[RecordedCommand]:
        """The commands; those that were parked and repaired have their repaired bodies."""
        repaired = commands.repaired(found)
        if not repaired:
            return list(found)
        return [
            each
            if each.inbox_key not in repaired
            else commands.read(self._domain.commands, each.logged, repaired[each.inbox_key])
            for each in found
        ]

    async def _recorded(self, found: Sequence[RecordedCommand], root: int, growth: Growth) -> Recorded:
        events_of_key, events_of_command, broken = await self._events({each.key for each in found}, root, len(found))
        entered = await self._entered([each for each in found if each.id not in events_of_command])
        copies, facts = Copies(self._domain.decider), list[Logged]()
        if self._domain.decider.fact_tables:
            for header in set(_facts(found, events_of_command, entered)):
                try:
                    copies.want(read_of(header))
                except NotRecorded:
                    continue  # the verdict on its command says so
            facts = await self._events_of(copies)
            copies.take(facts)
        return Recorded(found, events_of_key, events_of_command, copies, broken, entered, growth, facts)

    async def _events(
        self, keys: set[str], root: int, asked: int
    ) -> tuple[dict[str, list[Entry]], dict[str, list[Entry]], dict[str, str]]:
        """Events by key; events by command; and by key why its events end before the last one. asked: how many commands there
        are."""
        of_key = defaultdict[str, list[Entry]](list)
        of_command, broken = defaultdict[str, list[Entry]](list), dict[str, str]()
        places = self._places(self._domain.events, root)
        for record in in_order(await self._of_keys(places, keys, asked), places):
            key = (record.key or b"").decode(errors="replace")
            known = of_key[key]
            try:
                event = events.entry(record)
            except Undecodable as error:
                broken.setdefault(key, str(error))
                continue
            if key in broken or event.version <= len(known):
                continue
            if event.version > len(known) + 1:
                broken[key] = f"version {len(known) + 1} is missing"
                continue
            known.append(event)
            of_command[event.cause].append(event)
        return dict(of_key), dict(of_command), broken

    async def _events_of(self, copies: Copies) -> list[Logged]:
        """All events of the facts that the copies want; those of each key in their order."""
        found = list[Logged]()
        for name, keys in copies.keys().items():
            topic = _topic(self._domain, name)
            growth = self._counts.growth(topic)
            for root in sorted({partition_of(key.encode(), growth.first) for key in keys}):
                places = self._places(topic, root)
                found += in_order(await self._of_keys(places, keys), places)
        return found

    async def _of_keys(self, places: Sequence[Place], keys: Iterable[str], expected: int = 0) -> list[Logged]:
        chosen = await window_of(self._log, places)
        found, read = await all_of_keys(self._log, chosen, frozenset(key.encode() for key in keys), expected)
        self.read.messages += read
        return found

    async def _entered(self, found: Sequence[RecordedCommand]) -> dict[tuple[str, str], Entered]:
        entered = dict[tuple[str, str], Entered]()
        if self._inbox is not None:
            asked = [each.inbox_key for each in found]
            for start in range(0, len(asked), _INBOX):
                entered |= await self._inbox.entered(self._domain.name, asked[start : start + _INBOX])
        return entered

    def _places(self, topic: Topic, root: int) -> list[Place]:
        return of_root(self._log, topic, self._counts.growth(topic), root)


def _facts(
    found: Sequence[RecordedCommand],
    events_of_command: Mapping[str, Sequence[Entry]],
    entered: Mapping[tuple[str, str], Entered],
) -> Iterable[bytes | str]:
    """For each command the facts that its decision has read, for read_of; none where that is not recorded."""
    for each in found:
        events = events_of_command.get(each.id)
        if events and events[0].facts is not None:
            yield events[0].facts
        elif (entry := entered.get(each.inbox_key)) is not None and entry.facts is not None:
            yield entry.facts


def _topic(domain: Domain, name: str) -> Topic:
    return next(table.topic for table in domain.decider.fact_tables if table.topic.name == name)
