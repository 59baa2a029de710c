"""`python -m agents.rebuild basket rebuild`: makes the store of a domain that was lost anew, from topics.

States come from the domain's events, by its `evolve`, byte for byte as they were. Floors and inbox come from the commands: the
events say which of them are done. Facts are read again from the topics of others, and what was parked from the dead letters.
The agents stand still meanwhile: a partition begins only in a store that is whole (stores/redis_authority/making.py).
"""

import argparse
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from aiokafka.errors import KafkaError

from agents.command_line import CannotDo, run
from agents.domains import DOMAINS, decider_of
from agents.reread import Report, events_of, record_of, remake
from agents.runtime import arrivals
from agents.runtime.arrivals import Arrival
from agents.runtime.deciding import outcomes, redriving
from agents.runtime.reading import events
from agents.runtime.reading.events import Event
from agents.runtime.sending import letters
from agents.runtime.sending.publisher import Publisher
from stores.errors import Doubt
from stores.kafka.admin import committed
from stores.kafka.growth import Counts, Growth, growth_in
from stores.kafka.log import Bounds, Logged, LogReader, Place, open_log
from stores.protocol import Floor, InboxKey, ParkedRow, Source, Stored
from stores.redis_authority.making import Making, open_making
from stores.settings import Settings
from stores.technologies import REDIS, open_facts, technology
from topics.contracts import all_topics
from topics.deciding.decision import Decider
from topics.messages import headers, ids
from topics.messages.message import Message
from topics.messages.redrive import Redrive
from topics.messages.reply import Reply, Wrote
from topics.messages.topic import Topic

EXAMPLES = 5
_AT_ONCE = 500  # commands that are published together
_CLOCKS = timedelta(hours=1)  # by which the clocks of broker and agents may differ


@dataclass(slots=True)
class Told:
    """What was made. timed: aggregates that have timers, and the command that sets these once more. done: commands in the
    inbox. next: floors. bad: why it cannot be made.
    """

    events: int = 0
    aggregates: int = 0
    timed: dict[str, Message] = field(default_factory=dict[str, Message])
    done: int = 0
    parked: int = 0
    next: dict[Source, int] = field(default_factory=dict[Source, int])
    copies: dict[str, Report] = field(default_factory=dict[str, Report])
    bad: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Domain:
    """The topics and the decider of a domain whose store is made anew."""

    name: str
    commands: Topic
    events: Topic
    decider: Decider[Any, Any, Any, Any]

    @classmethod
    def named(cls, name: str, settings: Settings) -> "Domain":
        topics = all_topics()
        return cls(name, topics[f"{name}_commands"], topics[f"{name}_events"], decider_of(name, settings))

    @property
    def deciding(self) -> str:
        return f"{self.name}.decide"

    @property
    def projecting(self) -> str:
        return f"{self.name}.project"


async def rebuild(settings: Settings, domain: Domain) -> Told:
    """Raises CannotDo. Raises Doubt and KafkaError: begin again."""
    told = Told()
    async with open_log(settings.kafka) as log, open_making(REDIS.url(settings), domain.name) as making:
        if await making.is_whole():
            raise CannotDo(f"the store of {domain.name} is whole, nothing is lost")
        await making.clear()
        causes = await _States(log, making, domain, told).make(await _oldest(log, domain))
        if told.bad:
            return told
        await _renew(settings, domain, told)
        hints = await committed(settings.kafka, domain.deciding)
        growth = Counts(await growth_in(log)).growth(domain.commands)
        commands = await _Commands(log, making, domain, causes, growth, told).make(hints)
        intakes = {Source(domain.deciding, *place): offset for place, offset in hints.items()}
        told.next = intakes | commands | await _copies(settings, log, domain, told)
        await making.finish({source: Floor(offset, 0, 0) for source, offset in told.next.items()}, "rebuilt")
    return told


async def _oldest(log: LogReader, domain: Domain) -> datetime | None:
    """When the oldest command came that is still in the log; None where there is none."""
    places = log.places([domain.commands.name])
    bounds = await log.bounds(places)
    times = list[datetime]()
    for place, (first, end) in bounds.items():
        if first < end:
            async for chunk in log.read({place: first}, {place: first + 1}):
                times += [record.at for record in chunk]
    return min(times, default=None)


Causes = Mapping[str, Wrote]
"""Id of a command → what it wrote."""


class _States:
    """Folds the events, some at a time. What comes before is read back from the store, so memory is bounded."""

    def __init__(self, log: LogReader, making: Making, domain: Domain, told: Told) -> None:
        self._log, self._making, self._domain, self._told = log, making, domain, told
        self._form = domain.decider.form
        self._causes: dict[str, Wrote] = {}

    async def make(self, since: datetime | None) -> Causes:
        """since: of the oldest command. Returns the causes of the events that happened after it."""
        # A key moves to a higher partition when the topic is raised, so in this order its events are in theirs.
        for place in self._log.places([self._domain.events.name]):
            bound = (await self._log.bounds([place]))[place]
            async for chunk in self._log.read({place: bound.first}, {place: bound.end}):
                await self._fold(place, chunk, since)
                if self._told.bad:
                    return self._causes
        return self._causes

    async def _fold(self, place: Place, chunk: Sequence[Logged], since: datetime | None) -> None:
        found, unreadable = events_of(self._domain.events, self._domain.deciding, chunk)
        self._told.events += len(found)
        self._told.bad += [f"{place.topic} {place.partition}, {each.offset}: {each.error}" for each in unreadable]
        before = await self._making.states(events.aggregates(found))
        now = {key: (state.version, self._form.decode(state.body)) for key, state in before.items()}
        for event in found:
            self._evolve(now, event)
            if since is not None and event.arrival.at >= since - _CLOCKS:
                cause = event.arrival.headers.get(headers.CAUSATION, "")
                self._causes[cause] = Wrote(self._domain.name, event.meta.aggregate_id, event.meta.version)
        self._told.aggregates += len(now.keys() - before.keys())
        for key, (_, state) in now.items():
            self._told.timed.pop(key, None)
            if (renews := self._domain.decider.renews(state)) is not None:
                self._told.timed[key] = renews
        await self._making.put_states(
            {key: Stored(version, self._form.encode(state)) for key, (version, state) in now.items()}
        )

    def _evolve(self, now: dict[str, tuple[int, Any]], event: Event) -> None:
        key, meta = event.meta.aggregate_id, event.meta
        version, state = now.get(key) or (0, self._domain.decider.state())
        following = events.is_next(event, version)
        if following is False:
            return  # it went out twice
        if following is None or event.message is None:
            why = f"version {meta.version} follows {version}" if following is None else str(event.arrival.error)
            self._told.bad.append(f"{key}: {why}")
            return
        now[key] = meta.version, self._domain.decider.evolve(state, event.message)


@dataclass(slots=True)
class _Poison:
    """The message for which a key was parked, as its dead letter has it. freed: its key was parked no more afterwards."""

    offset: int
    row: ParkedRow
    freed: bool = False


class _Commands:
    """Floors, inbox and parked messages, from the log of the commands."""

    def __init__(
        self, log: LogReader, making: Making, domain: Domain, causes: Causes, growth: Growth, told: Told
    ) -> None:
        self._log, self._making, self._domain, self._causes, self._told = log, making, domain, causes, told
        self._growth = growth

    async def make(self, hints: Mapping[Place, int]) -> dict[Source, int]:
        """hints: how far the group has told Kafka that it is. Returns the floors."""
        poisons = await self._poisons()
        next, parked = dict[Source, int](), list[tuple[Source, ParkedRow]]()
        for place in self._log.places([self._domain.commands.name]):
            bound = (await self._log.bounds([place]))[place]
            here = {key: poison for (partition, key), poison in poisons.items() if partition == place.partition}
            floor = max(bound.first, min(hints.get(place, 0), bound.end), await self._proven(place, bound, here))
            source = Source(self._domain.deciding, *place)
            next[source] = floor
            parked += [(source, row) for row in await self._enter(place, Bounds(bound.first, floor), here)]
        await self._making.put_parked(parked)
        self._told.parked = len(parked)
        return next

    async def _proven(self, place: Place, bound: Bounds, poisons: Mapping[str, _Poison]) -> int:
        """Where the first command lies of which nothing says that it is done. A partition's commands are done in their order.
        Says of each poison whether its key was freed."""
        proven = max([poison.offset + 1 for poison in poisons.values()], default=0)
        async for arrival in self._read(place, bound):
            done = arrival.id in self._causes
            if done:
                proven = max(proven, arrival.offset + 1)
            poison = poisons.get(arrival.key or "")
            if poison is not None and arrival.offset >= poison.offset:
                order = arrival.message
                poison.freed |= done or (isinstance(order, Redrive) and poison.row.id in order.drop)
        return proven

    async def _enter(self, place: Place, done: Bounds, poisons: Mapping[str, _Poison]) -> list[ParkedRow]:
        """Enters what is done into the inbox. Returns what is parked."""
        behind = {key: [poison.row] for key, poison in poisons.items() if not poison.freed}
        entries = list[tuple[InboxKey, str | None, datetime]]()
        async for arrival in self._read(place, done):
            key = arrival.key or ""
            if key in behind and arrival.offset >= poisons[key].offset and not redriving.is_redrive(arrival):
                if arrival.offset > poisons[key].offset:
                    behind[key].append(letters.parked(key, arrival, "behind a parked message of its key"))
            elif arrival.error is None and not self._was_forwarded(place, arrival):
                entries.append((arrival.inbox_key, self._outcome(arrival), arrival.at))
            if len(entries) >= 1_000:
                await self._put(entries)
                entries.clear()
        await self._put(entries)
        return list(chain.from_iterable(behind.values()))

    async def _put(self, entries: Sequence[tuple[InboxKey, str | None, datetime]]) -> None:
        self._told.done += len(entries)
        await self._making.put_inbox(entries)

    def _was_forwarded(self, place: Place, arrival: Arrival) -> bool:
        """Whether the partition of its key decides it, where it stands once more with the same id."""
        count = self._growth.partitions_at(place.partition, arrival.offset)
        return letters.is_astray(self._domain.commands, arrival, place.partition, count)

    def _outcome(self, arrival: Arrival) -> str | None:
        """That it took effect, for whoever asks again. What its answer said is not known any more."""
        wrote, operation = self._causes.get(arrival.id), arrival.headers.get(headers.OPERATION)
        if wrote is None or operation is None:
            return None
        said = arrival.headers
        answer = Reply(
            operation_id=operation, status="done", wrote=(wrote,), caller=said.get(headers.CALLER),
            fingerprint=said.get(headers.FINGERPRINT),
        )  # fmt: skip
        return outcomes.remembered(answer, ())

    async def _read(self, place: Place, bound: Bounds) -> AsyncIterator[Arrival]:
        """Commands and redrives; what cannot be decoded has an error."""
        async for chunk in self._log.read({place: bound.first}, {place: bound.end}):
            for record in chunk:
                arrival = arrivals.read(self._domain.commands, 0, record_of(record), keyed=True)
                redriving.recognise(arrival)
                yield arrival

    async def _poisons(self) -> dict[tuple[int, str], _Poison]:
        """The last one of each partition and key."""
        found = dict[tuple[int, str], _Poison]()
        for place in self._log.places([self._domain.commands.dead_letters]):
            bound = (await self._log.bounds([place]))[place]
            async for chunk in self._log.read({place: bound.first}, {place: bound.end}):
                for record in chunk:
                    said = {name: value.decode(errors="replace") for name, value in record.headers}
                    if said.get(headers.DLQ_PARKED) and said.get(headers.DLQ_GROUP) == self._domain.deciding:
                        poison = _poison(record, said)
                        found[int(said[headers.DLQ_PARTITION]), poison.row.key] = poison
        return found


def _poison(record: Logged, said: Mapping[str, str]) -> _Poison:
    row = ParkedRow(
        key=(record.key or b"").decode(), offset=int(said[headers.DLQ_OFFSET]), source=said[headers.DLQ_SOURCE],
        id=said[headers.DLQ_ID], at=datetime.fromisoformat(said[headers.DLQ_TIME]),
        headers=tuple(each for each in record.headers if not each[0].startswith("dlq_")), body=record.body or b"",
        reason=said[headers.DLQ_REASON],
    )  # fmt: skip
    return _Poison(row.offset, row)


async def _renew(settings: Settings, domain: Domain, told: Told) -> None:
    """Sends the commands that set timers once more: the agents decide them when they go on. Sent twice they do no harm."""
    publisher, every = Publisher(settings.kafka), list(told.timed.items())
    try:
        for first in range(0, len(every), _AT_ONCE):
            some = every[first : first + _AT_ONCE]
            await publisher.publish(
                [letters.begun(domain.name, domain.commands, key, renews, ids.fresh()) for key, renews in some]
            )
    finally:
        await publisher.stop()


async def _copies(settings: Settings, log: LogReader, domain: Domain, told: Told) -> dict[Source, int]:
    """Makes the facts. Returns the floors of their readers: what comes after them the agents copy."""
    floors = dict[Source, int]()
    topics = {table.topic.name: table.topic for table in domain.decider.fact_tables}
    for name, topic in topics.items():
        bounds = await log.bounds(log.places([name]))
        floors |= {Source(domain.projecting, *place): bound.end for place, bound in bounds.items()}
        async with open_facts(settings, domain.name) as facts:
            told.copies[name] = await remake(log, facts, topic, domain.projecting, write=True)
    return floors


def _lines(name: str, told: Told) -> Iterable[str]:
    yield f"{name}: {told.aggregates} made of {told.events} events, {told.done} commands are done, {told.parked} are parked"
    if told.timed:
        yield f"  timers of {len(told.timed)} are set once more"
    for source, next in sorted(told.next.items()):
        yield f"  {source.group} goes on at {next} of {source.topic} {source.partition}"
    for topic, report in told.copies.items():
        yield f"  {report.written} copies of {topic}" + (f", {len(report.bad)} cannot be made" if report.bad else "")


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0 done, 1 not (it says why), 2 wrong arguments or settings."""
    parser = argparse.ArgumentParser(prog="./lezzet baskets", description=__doc__)
    parser.add_argument("domain", choices=DOMAINS, help=argparse.SUPPRESS)
    parser.add_argument("what", choices=["rebuild"], help="makes the store that was lost anew; the agents may run")
    said = parser.parse_args(arguments)

    async def ask(settings: Settings) -> Told:
        if technology(said.domain) is not REDIS:
            raise CannotDo(f"the store of {said.domain} is not on Redis, and is not lost like this")
        return await rebuild(settings, Domain.named(said.domain, settings))

    def tell(told: Told) -> int:
        if told.bad:
            examples = "".join(f"  {why}\n" for why in told.bad[:EXAMPLES])
            sys.stderr.write(f"lezzet baskets: {len(told.bad)} events cannot be applied, nothing is made:\n{examples}")
            return 1
        sys.stdout.write("".join(f"{line}\n" for line in _lines(said.domain, told)))
        return 0

    return run("baskets", "rebuild", ask, tell, (Doubt, KafkaError, OSError))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
