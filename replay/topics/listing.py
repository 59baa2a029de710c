"""`./lezzet topics`: what each topic is, who writes and reads it, how much is in it, how far its readers are."""

import argparse
from collections.abc import Iterable, Mapping
from typing import Any

from replay.tools import Tools, say, say_json
from replay.topics.floors import Standing, lags, standings
from stores.kafka.log import Bounds, LogReader, Place
from topics.contracts import all_topics
from topics.messages.topic import FOREVER, Topic


async def run(tools: Tools, said: argparse.Namespace) -> int:
    async with tools.log() as log, tools.domains() as domains, tools.view_floors() as views:
        readers = await standings(all_topics().values(), domains, views)
        rows = listed(await bounds_of_all(log), readers)
    if said.json:
        say_json(rows)
        return 0
    for row in rows:
        _print(row)
    return 0


async def bounds_of_all(log: LogReader) -> dict[Place, Bounds]:
    """Of the contracts' topics and of their dead letters."""
    contracts = all_topics()
    return await log.bounds(log.places([*contracts, *(topic.dead_letters for topic in contracts.values())]))


def listed(bounds: Mapping[Place, Bounds], readers: Iterable[Standing]) -> list[dict[str, Any]]:
    """One a contract, as `--json` prints it. bounds: of all. readers: how far each is."""
    lag = lags(readers, bounds)
    return [_row(topic, bounds, lag.get(topic.name, {})) for topic in all_topics().values()]


def _row(topic: Topic, bounds: Mapping[Place, Bounds], lag: Mapping[str, int]) -> dict[str, Any]:
    there = [bound for place, bound in bounds.items() if place.topic == topic.name]
    dead = [bound for place, bound in bounds.items() if place.topic == topic.dead_letters]
    return {
        "topic": topic.name,
        "exists": bool(there),
        "partitions": len(there) or topic.partitions,
        "retention": "for ever" if topic.retention == FOREVER else f"{topic.retention.days} days",
        "key": topic.key,
        "types": [kind.__name__ for kind in topic.messages],
        "producers": topic.producers,
        "consumers": topic.consumers,
        "messages": sum(bound.end - bound.first for bound in there),
        "dead_letters": sum(bound.end - bound.first for bound in dead),
        "lag": lag,
    }


def _print(row: Mapping[str, Any]) -> None:
    missing = "" if row["exists"] else " (not made yet)"
    lag = ", ".join(f"{group} {count:,}" for group, count in row["lag"].items()) or "nobody has begun"
    say(
        f"{row['topic']:24} {row['messages']:>9,} messages  {row['dead_letters']:,} dead  {row['partitions']} partitions"
        f"  kept {row['retention']}{missing}"
    )
    say(f"    {', '.join(row['producers'])} → {', '.join(row['consumers'])}   lag: {lag}")
