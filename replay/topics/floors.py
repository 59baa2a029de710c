"""How far every reader of a topic has come: the floors of the domains' stores and of the views in Redis."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from stores.engineering import Domains
from stores.kafka.log import Bounds, Place
from stores.redis.floors import ViewFloors
from topics.messages.topic import Topic


class Standing(NamedTuple):
    """next: the next offset to do. incarnation: None for a view, which has none."""

    group: str
    place: Place
    next: int
    incarnation: int | None


async def standings(topics: Iterable[Topic], domains: Domains, views: ViewFloors) -> list[Standing]:
    """By group and place."""
    names = [topic.name for topic in topics]
    found = [*await of_stores(names, domains), *await of_views(names, views)]
    return sorted(found, key=lambda one: (one.group, one.place))


async def of_stores(topics: Collection[str], domains: Domains) -> list[Standing]:
    only = next(iter(topics)) if len(topics) == 1 else None
    return [
        Standing(row.group, Place(row.topic, row.partition), row.next, row.incarnation)
        for row in await domains.floors(only)
        if row.topic in topics
    ]


async def of_views(topics: Collection[str], views: ViewFloors) -> list[Standing]:
    return [
        Standing(at.group, Place(at.topic, at.partition), next, None)
        for at, next in (await views.read()).items()
        if at.topic in topics
    ]


def lags(found: Iterable[Standing], bounds: Mapping[Place, Bounds]) -> dict[str, dict[str, int]]:
    """Topic → group → messages that are in the log and not done."""
    lag: dict[str, dict[str, int]] = {}
    for one in found:
        groups = lag.setdefault(one.place.topic, {})
        end = bounds[one.place].end if one.place in bounds else one.next
        groups[one.group] = groups.get(one.group, 0) + max(0, end - one.next)
    return lag
