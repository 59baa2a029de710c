"""`./lezzet topics reset NAME`: after a topic was deleted and made anew, its readers stand at offsets that mean nothing.

A new incarnation begins: floors go to where the log begins, and messages without an id get other ids than those that stood
at the same places before. Views have no incarnation: they are built
again, beside what stands of them, which readers use until then.
"""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from replay.failure import no_such_topic
from replay.tools import Tools, say, say_json
from replay.topics.floors import Standing, standings
from stores.kafka.growth import Counts, Growth, growth_in, write_growth
from stores.kafka.log import Bounds, LogReader, Place
from topics.contracts import all_topics
from topics.messages.topic import Topic


async def run(tools: Tools, said: argparse.Namespace) -> int:
    contract = all_topics().get(said.topic)
    if contract is None:
        raise no_such_topic(said.topic, all_topics())
    async with tools.log() as log, tools.domains() as domains, tools.view_floors() as views:
        if said.topic not in log.topics:
            raise no_such_topic(said.topic, log.topics)
        bounds = await log.bounds(log.places([said.topic]))
        found = await standings([contract], domains, views)
        if not said.json:
            _print(found, bounds)
        again = list[str]()
        if said.yes:
            await _forget_ends(tools, log, contract, bounds)
            await domains.begin_again(said.topic, {place.partition: bound.first for place, bound in bounds.items()})
            again = await views.restart(said.topic)
    stored = sum(one.incarnation is not None for one in found)
    if said.json:
        say_json(_data(said.topic, found, bounds) | {"done": said.yes, "views": again})
    elif said.yes:
        say(f"{said.topic}: {stored} floors begin a new incarnation, {len(again)} views are built again")
    else:
        say("dry run: nothing was changed, --yes does it")
    return 0


def _data(topic: str, found: Sequence[Standing], bounds: Mapping[Place, Bounds]) -> dict[str, Any]:
    """floors: next: where each stands. first, end: of the log, None for a partition that is not there any more. incarnation:
    None for a view, which is built again. is_new: some floor lies outside of the log, as after a topic was made anew."""
    floors = list[dict[str, Any]]()
    for one in found:
        bound = bounds.get(one.place)
        floors.append(
            {
                "group": one.group, "partition": one.place.partition, "next": one.next, "incarnation": one.incarnation,
                "first": bound and bound.first, "end": bound and bound.end,
            }
        )  # fmt: skip
    return {"topic": topic, "floors": floors, "is_new": not all(_inside(one, bounds) for one in found)}


async def _forget_ends(tools: Tools, log: LogReader, topic: Topic, bounds: Mapping[Place, Bounds]) -> None:
    """Where the old log ended before a raise means nothing in the new one. Where that reaches as far, it does no harm."""
    recorded = Counts(await growth_in(log)).growth(topic)
    ends = {place: bound.end for place, bound in bounds.items()}
    if any(
        end > ends.get(Place(topic.name, partition), 0) for each in recorded.ends for partition, end in enumerate(each)
    ):
        await write_growth(tools.settings.kafka, topic.name, Growth(recorded.partitions))


def _print(found: Sequence[Standing], bounds: Mapping[Place, Bounds]) -> None:
    if not found:
        say("no reader has a floor here: there is nothing to reset")
    for one in found:
        bound = bounds.get(one.place)
        log = "the partition is not there any more" if bound is None else f"the log holds {bound.first} to {bound.end}"
        then = "stays" if bound is None else _then(one, bound)
        say(f"{one.group} {one.place.topic}:{one.place.partition}: next {one.next}, {log}: {then}")
    if found and all(_inside(one, bounds) for one in found):
        say(
            "WARNING: every floor lies inside the log. If this topic was not made anew, messages that came without an id"
            " take effect a second time"
        )


def _then(one: Standing, bound: Bounds) -> str:
    if one.incarnation is None:
        return "the view is built again"
    return f"next {bound.first}, incarnation {one.incarnation} → {one.incarnation + 1}"


def _inside(one: Standing, bounds: Mapping[Place, Bounds]) -> bool:
    bound = bounds.get(one.place)
    return bound is not None and bound.first <= one.next <= bound.end
