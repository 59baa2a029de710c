"""`python -m agents.provision`: makes the topics, brings the stores' schemas up to date, and orders a new generation of each
view that stands in another form, which the agents then build beside it. Safe to run again."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agents.domains import DOMAINS, exit_without_upcasters, views_of
from agents.partitions import know_counts, refuse_other_counts
from agents.waiting import servers_are_up
from stores import technologies, telemetry
from stores.kafka.admin import make_topics
from stores.kafka.growth import Counts
from stores.redis.connection import connect
from stores.redis.generations import ViewGenerations
from stores.settings import BadSetting, Settings, exit_with, load_or_exit
from topics.contracts import all_topics
from topics.deciding.projection import View


async def provision(settings: Settings) -> None:
    """Raises BadSetting where a topic has another number of partitions, and what the servers say."""
    await servers_are_up(settings)
    topics, counts = all_topics().values(), Counts()
    await know_counts(settings, counts)
    made = await make_topics(settings.kafka, [replace(topic, partitions=counts.of(topic)) for topic in topics])
    await refuse_other_counts(settings, topics, counts)
    applied = [await technologies.provision(settings, domain) for domain in DOMAINS]
    redis = connect(settings.redis)
    try:
        generations = ViewGenerations(redis)
        await generations.remove_untagged()
        ordered = await order(generations, views(), counts)
    finally:
        await redis.aclose()
    sys.stdout.write(
        f"topics made: {len(made)}, migrations applied: {sum(applied)}, views to be built in another form: {len(ordered)}\n"
    )


async def order(
    generations: ViewGenerations, wanted: Mapping[str, Sequence[View[Any, Any]]], counts: Counts | None = None
) -> list[str]:
    """Names of the views of which a generation in the form of this release is built now. wanted: by domain.

    A view without any generation is left to the agents. What another release has begun to build is given up. A release that is
    taken back goes on with the generation that it has left, while that is kept.
    """
    return [
        view.name
        for domain, found in wanted.items()
        for view in found
        if await _order(generations, f"{domain}.project", view, (counts or Counts()).of(view.topic))
    ]


async def _order(generations: ViewGenerations, group: str, view: View[Any, Any], partitions: int) -> bool:
    while True:
        record = (await generations.read([view.name]))[view.name]
        live, building, previous = record.now.live, record.now.next, record.now.previous
        if (live or building) is None or (building is not None and building.form == view.form):
            return False
        if live is not None and live.form == view.form:
            if building is None or await generations.give_up(record):
                return False
        elif previous is not None and previous.form == view.form:
            if await generations.back(record):
                return True
        elif await generations.begin(record, view.form, group, view.topic.name, partitions):
            return True


def views() -> dict[str, list[View[Any, Any]]]:
    """By domain."""
    return {domain: found for domain in DOMAINS if (found := views_of(domain))}


if __name__ == "__main__":
    exit_without_upcasters()
    found = load_or_exit()
    telemetry.configure("provision", found.log_level)
    try:
        asyncio.run(provision(found))
    except BadSetting as error:
        exit_with(error)
