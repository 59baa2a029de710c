"""`python -m agents.grow TOPIC --partitions N`: raises a topic's number of partitions, while nobody reads or writes it.

Every key of a new partition was in one old one before, since the new number is a multiple of the old. Where the old ones ended
is recorded before the raise: whoever reads a new partition must have read its old one up to there, today or when a view is
built again in a year. A dry run without --yes.
"""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.__main__ import compose
from agents.command_line import CannotDo, run, say_json, topic_named
from agents.domains import DOMAINS
from agents.runtime.reading.missed import running_code
from agents.runtime.reading.showing import Showing
from stores.kafka.admin import partition_counts, raise_partitions
from stores.kafka.errors import translated
from stores.kafka.groups import memberships
from stores.kafka.growth import Counts, Growth, growth_in, write_growth
from stores.kafka.log import Bounds, LogReader, open_log
from stores.protocol import DomainStore, Floor, Source
from stores.redis.connection import connect
from stores.redis.generations import ViewGenerations
from stores.settings import Settings
from topics.messages.topic import FOREVER, Topic

MOST = 1024  # partitions: each costs every reader a lease, and Kafka files
_SEEN = 30.0  # seconds until the broker tells of the new partitions


@dataclass(frozen=True, slots=True)
class Plan:
    """before: partitions that the topic has in Kafka, or had when somebody raised it by hand. ends: where their logs end.
    by_hand: Kafka has the new ones already."""

    topic: Topic
    before: int
    after: int
    ends: tuple[int, ...]
    by_hand: bool


async def grow(settings: Settings, topic: Topic, partitions: int, *, write: bool) -> Plan | None:
    """None: it has so many. Raises CannotDo and Doubt. Safe to call again after a kill at any moment."""
    async with open_log(settings.kafka) as log:
        recorded = Counts(await growth_in(log)).growth(topic)
        plan = await plan_of(log, topic, partitions, recorded)
        if plan is None:
            return None
        runtimes = await compose(settings, DOMAINS)  # as the agents wire them; none is started
        works = [(runtime.store, group, of) for runtime in runtimes for group, of in runtime.works().items()]
        await _nobody_runs(settings, [group for _, group, _ in works])
        await _all_is_published([runtime.store for runtime in runtimes])
        for store, group, of in works:
            work = of.get(topic.name)
            if work is not None and not isinstance(work, Showing):
                await _is_done(store, group, plan, write)
        await _is_shown(settings, plan)
        if write:
            await _raise(settings, plan, recorded)
    return plan


async def plan_of(log: LogReader, topic: Topic, partitions: int, recorded: Growth) -> Plan | None:
    """Raises CannotDo where the number makes no sense."""
    there = log.topics.get(topic.name)
    if there is None:
        raise CannotDo(f"{topic.name} is not made yet, `./lezzet up` makes it")
    if partitions == there == recorded.partitions:
        return None
    by_hand = partitions == there > recorded.partitions
    before = recorded.partitions if by_hand else there
    if partitions < there:
        raise CannotDo(f"{topic.name} has {there} partitions, and Kafka takes none away")
    if not by_hand and there > recorded.partitions:
        raise CannotDo(
            f"{topic.name} was raised to {there} without this command: give it with --partitions {there} first"
        )
    if partitions < recorded.partitions:
        raise CannotDo(f"a raise to {recorded.partitions} was begun: give it with --partitions {recorded.partitions}")
    if partitions > MOST:
        raise CannotDo(f"at most {MOST} partitions")
    if partitions % before:
        raise CannotDo(
            f"{partitions} is no multiple of {before}: the keys of a new partition would come from several old ones."
            f" Possible are {before * 2}, {before * 3}, {before * 4}, ..."
        )
    bounds = await log.bounds(log.places([topic.name]))
    plan = Plan(topic, before, partitions, tuple(bound.end for bound in list(bounds.values())[:before]), by_hand)
    if by_hand:
        _nothing_is_in_new_ones(plan, list(bounds.values()))
    return plan


def _nothing_is_in_new_ones(plan: Plan, bounds: Sequence[Bounds]) -> None:
    if plan.topic.retention == FOREVER and any(bound.end for bound in bounds[plan.before :]):
        raise CannotDo(
            f"{plan.topic.name} was raised to {plan.after} without this command, and was written since: nobody knows any more"
            " in which order its events came, so views could not be built again"
        )


async def _nobody_runs(settings: Settings, groups: Sequence[str]) -> None:
    async with translated():
        found = await memberships(settings.kafka, groups)
    running = [f"{group} ({one.members})" for group, one in sorted(found.items()) if one.members]
    if running:
        raise CannotDo(
            f"agents run: {', '.join(running[:3])}{' ...' * (len(running) > 3)}. Stop the edges, wait until `./lezzet topics`"
            " shows no lag, and stop the agents. One that was killed counts for 6 s"
        )


async def _all_is_published(stores: Sequence[DomainStore]) -> None:
    for store in stores:
        sources = await store.outbox_sources()
        if sources:
            raise CannotDo(
                f"{store.domain} has messages of {len(sources)} partitions that are perhaps not published:"
                " start the agents once more, and stop them without a kill"
            )


async def _is_done(store: DomainStore, group: str, plan: Plan, write: bool) -> None:
    """Raises CannotDo where the group has not read everything, or keeps something of it for later."""
    sources = [Source(group, plan.topic.name, partition) for partition in range(plan.before)]
    floors = (await store.look(sources)).floors
    _at_the_end(group, plan, {source.partition: floor.next for source, floor in floors.items()})
    waiting = await store.waiting(sources)
    if waiting:
        many = sum(each.events for each in waiting.values())
        raise CannotDo(
            f"{group} has set {many} events aside, whose effects are tried again: later ones of their keys must wait behind"
            " them. They end within a day, while the agents run"
        )
    if write:
        for source, floor in floors.items():
            await _misses_nothing(store, source, floor)


async def _misses_nothing(store: DomainStore, source: Source, floor: Floor) -> None:
    moved, missing = await store.again(source, floor.epoch, running_code())
    if moved is not None or missing:
        raise CannotDo(_missing(source.group))


def _missing(group: str) -> str:
    return (
        f"{group} has left events out that its code cannot read: start agents of a release that can, and wait until"
        " `./lezzet topics` shows no lag"
    )


def _at_the_end(group: str, plan: Plan, floors: Mapping[int, int]) -> None:
    lag = sum(max(0, end - floors.get(partition, 0)) for partition, end in enumerate(plan.ends))
    if lag:
        raise CannotDo(
            f"{group} is {lag} messages behind: start the agents, and wait until `./lezzet topics` shows no lag"
        )


async def _is_shown(settings: Settings, plan: Plan) -> None:
    redis = connect(settings.redis)
    try:
        generations = ViewGenerations(redis)
        for record in (await generations.read(await generations.names())).values():
            live, building = record.now.live, record.now.next
            if plan.topic.name not in [each.topic for each in (live, building) if each is not None]:
                continue
            if live is None or building is not None:
                raise CannotDo(f"the view {record.view} is being built: `./lezzet views` shows how far it is")
            found = enumerate(await generations.floors(record.view, live))
            _at_the_end(live.group, plan, {partition: floor or 0 for partition, floor in found})
            if await generations.misses(record.view, live):
                raise CannotDo(_missing(f"the view {record.view} of {live.group}"))
    finally:
        await redis.aclose()


async def _raise(settings: Settings, plan: Plan, recorded: Growth) -> None:
    """The record first: while Kafka has another number than it, no agents start."""
    await write_growth(settings.kafka, plan.topic.name, recorded.raised(plan.after, plan.ends))
    if not plan.by_hand:
        async with translated():
            await raise_partitions(settings.kafka, plan.topic.name, plan.after)
    async with translated(), asyncio.timeout(_SEEN):
        while (await partition_counts(settings.kafka)).get(plan.topic.name) != plan.after:  # noqa: ASYNC110
            await asyncio.sleep(0.2)


def _say(topic: Topic, partitions: int, plan: Plan | None, *, write: bool) -> None:
    if plan is None:
        sys.stdout.write(f"{topic.name} has {partitions} partitions, there is nothing to do\n")
        return
    done = "has now" if write else "would get"
    kept = sum(plan.ends)
    sys.stdout.write(
        f"{topic.name} {done} {plan.after} partitions, after {plan.before}. Its readers have done everything in those;"
        f" who reads it again reads these first, up to where they end ({kept} messages)\n"
    )
    sys.stdout.write(
        "start the agents and the edges again\n" if write else "dry run: nothing was changed, --yes does it\n"
    )


def data_of(topic: Topic, partitions: int, plan: Plan | None, *, write: bool) -> dict[str, Any]:
    """As `--json` prints it. before, after: partitions. messages: in the old ones; a reader of all events reads these first."""
    before = partitions if plan is None else plan.before
    return {
        "topic": topic.name, "before": before, "after": partitions, "messages": 0 if plan is None else sum(plan.ends),
        "done": write and plan is not None,
    }  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0 done or nothing to do, 1 it cannot be done now (one line says why), 2 wrong arguments or settings."""
    parser = argparse.ArgumentParser(prog="./lezzet topics grow", description=__doc__)
    parser.add_argument("topic")
    parser.add_argument("--partitions", type=int, required=True, help="how many it is to have, a multiple of now")
    parser.add_argument("--yes", action="store_true", help="do it")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    said = parser.parse_args(arguments)

    async def ask(settings: Settings) -> tuple[Topic, Plan | None]:
        topic = topic_named(said.topic)
        return topic, await grow(settings, topic, said.partitions, write=said.yes)

    def tell(found: tuple[Topic, Plan | None]) -> int:
        topic, plan = found
        if said.json:
            say_json(data_of(topic, said.partitions, plan, write=said.yes))
        else:
            _say(topic, said.partitions, plan, write=said.yes)
        return 0

    return run("topics", "grow", ask, tell)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
