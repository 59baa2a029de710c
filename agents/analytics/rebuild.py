"""`python -m agents.analytics.rebuild rebuild`: makes the order facts in Elasticsearch anew from order_events, beside the live
ones.

For facts that lack what the code of today makes of the same events, and after Elasticsearch was lost. The agents go on: from
the first step on they write into both generations, so what is read here are the events up to that step. Readers change over
when all of them are there. Killed at any moment, it leaves the live facts as they were; give the command again. A dry run
without --yes.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiokafka.errors import KafkaError

from agents.analytics.agent import order_facts
from agents.analytics.known import OPEN_ORDERS, ORDER_FACTS, OpenOrder
from agents.command_line import run
from agents.reread import events_of
from agents.runtime.reading.events import Event
from stores.elastic.daily import Daily, Generations
from stores.errors import Doubt
from stores.kafka.log import Bounds, Logged, LogReader, Place, open_log
from stores.settings import Settings
from topics.contracts import order_events
from topics.deciding.projection import Document

EXAMPLES = 5


@dataclass(slots=True)
class Told:
    """before: generations as they were. messages: in the topic. documents: made. bad: events that cannot be read or of which
    nothing can be made, and documents that were refused, with why. removed: indices."""

    before: Generations | None
    messages: int
    generation: int = 0
    documents: int = 0
    bad: list[str] = field(default_factory=list[str])
    removed: Sequence[str] = ()


async def rebuild(settings: Settings, *, write: bool) -> Told:
    """Raises Doubt and KafkaError: give it again."""
    facts = order_facts(settings)
    try:
        async with open_log(settings.kafka) as log:
            return await _rebuild(facts, log, write)
    finally:
        await facts.close()


async def _rebuild(facts: Daily, log: LogReader, write: bool) -> Told:
    before = await facts.generations()
    next = await facts.begin_next() if write else None
    # What comes after these ends is fetched by agents that find the new generation, since it stands already.
    places = log.places([order_events.TOPIC.name])
    bounds = await log.bounds(places)
    told = Told(before, sum(bound.end - bound.first for bound in bounds.values()))
    if next is not None:
        told.generation = next.next
        making = _Making(facts, next, told)
        # A key moves to a higher partition when the topic is raised, so in this order its events are in theirs.
        for place in places:
            await making.read(log, place, bounds[place])
        await facts.switch(next)
        told.removed = await facts.remove_old()
    return told


class _Making:
    """Folds the events. Only open orders are held in memory."""

    def __init__(self, facts: Daily, generations: Generations, told: Told) -> None:
        self._facts, self._generations, self._told = facts, generations, told
        self._open: dict[str, tuple[int, OpenOrder]] = {}

    async def read(self, log: LogReader, place: Place, bound: Bounds) -> None:
        async for chunk in log.read({place: bound.first}, {place: bound.end}):
            made = self._made(place, chunk)
            refused = await self._facts.put_next(self._generations, made)
            self._told.documents += len(made) - len(refused)
            self._told.bad += [f"event {id}: {why}" for id, why in refused.items()]

    def _made(self, place: Place, chunk: Sequence[Logged]) -> list[Document]:
        found, unreadable = events_of(order_events.TOPIC, "analytics.index", chunk)
        self._told.bad += [f"{place.topic} {place.partition}, {each.offset}: {each.error}" for each in unreadable]
        return [document for event in found for document in self._of(place, event)]

    def _of(self, place: Place, event: Event) -> Sequence[Document]:
        key, version = event.meta.aggregate_id, event.meta.version
        seen, before = self._open.get(key, (0, None))
        if version <= seen:  # it was published twice
            return ()
        try:
            if event.message is None:
                raise ValueError(str(event.arrival.error))
            documents = ORDER_FACTS.documents(before, event.message, event.meta)
            after = OPEN_ORDERS.show(before, event.message, event.meta).document
        except Exception as error:
            self._told.bad.append(f"{place.topic} {place.partition}, {event.arrival.offset}: {error}")
            return ()
        if after is None:
            self._open.pop(key, None)
        else:
            self._open[key] = version, after
        return documents


def _tell(told: Told, write: bool) -> int:
    live = told.before.live if told.before is not None else 0
    now = f"generation {live} is live" if live else "no generation is live"
    if not write:
        sys.stdout.write(
            f"{now}; a new one would be made of {told.messages:,} events beside it. This is a dry run, --yes does it\n"
        )
        return 0
    sys.stdout.write(
        f"generation {told.generation} is live: {told.documents:,} documents of {told.messages:,} events;"
        f" {len(told.removed)} old indices removed\n"
    )
    for why in told.bad[:EXAMPLES]:
        sys.stderr.write(f"lezzet analytics: not made: {why}\n")
    if told.bad:
        sys.stderr.write(f"lezzet analytics: {len(told.bad)} events or documents are missing\n")
    return 1 if told.bad else 0


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0 done, 1 not, or not all (it says why), 2 wrong arguments or settings."""
    parser = argparse.ArgumentParser(prog="./lezzet analytics", description=__doc__)
    parser.add_argument("what", choices=["rebuild"], help="makes the order facts anew; agents and servers run")
    parser.add_argument("--yes", action="store_true", help="do it; without it, it is said what would be done")
    said = parser.parse_args(arguments)

    async def ask(settings: Settings) -> Told:
        return await rebuild(settings, write=said.yes)

    return run("analytics", "rebuild", ask, lambda told: _tell(told, said.yes), (Doubt, KafkaError, OSError))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
