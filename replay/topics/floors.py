"""How far every reader of a topic has come: the floors of the domains' stores and of the views in Redis."""

from collections.abc import Iterable, Mapping
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
    contracts = {topic.name: topic for topic in topics}
    only = next(iter(contracts)) if len(contracts) == 1 else None
    stored = [
        Standing(row.group, Place(row.topic, row.partition), row.next, row.incarnation)
        for row in await domains.floors(only)
        if row.topic in contracts
    ]
    shown = await views.read()
    views_of = [
        Standing(s.group, Place(s.topic, s.partition), at, None) for s, at in shown.items() if s.topic in contracts
    ]
    return sorted([*stored, *views_of], key=lambda one: (one.group, one.place))


def lags(found: Iterable[Standing], bounds: Mapping[Place, Bounds]) -> dict[str, dict[str, int]]:
    """Topic → group → messages that are in the log and not done."""
    lag: dict[str, dict[str, int]] = {}
    for one in found:
        groups = lag.setdefault(one.place.topic, {})
        end = bounds[one.place].end if one.place in bounds else one.next
        groups[one.group] = groups.get(one.group, 0) + max(0, end - one.next)
    return lag
