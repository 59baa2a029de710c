"""What a process does for the generations of its views in the background, whether or not it has a partition of their topic.

It says which forms it can write; switches to a generation that is complete and removes what is gone, where whoever should have
done it was killed; and, while two releases run, keeps its own generations up to date in partitions that the other release has.
"""

import sys
from collections.abc import Mapping, Sequence

import structlog

from agents.runtime.reading.building import Building
from agents.runtime.reading.topic_views import TopicViews
from agents.runtime.transport.lease import Lease
from stores.protocol import Source
from stores.redis.generations import GenerationsRecord, ViewGenerations

log = structlog.get_logger()


class Tending:
    """Of one topic. leases: by partition, the ones that were opened last in this process."""

    def __init__(
        self, views: TopicViews, generations: ViewGenerations, building: Building, leases: Mapping[int, Lease]
    ) -> None:
        self._views = views
        self._generations = generations
        self._building = building
        self._leases = leases
        self._following: dict[tuple[str, str, int], Lease] = {}

    @property
    def forms(self) -> Mapping[str, str]:
        """View → the form that this process writes."""
        return self._views.forms

    async def round(self, running: Sequence[tuple[GenerationsRecord, Sequence[str]]]) -> bool:
        """running: for each view of the topic, as ViewGenerations.running gives it. Returns whether two releases run. Raises
        Unavailable."""
        for record, forms in running:
            await self._look_after(record, forms)
        mixed = [record.view for record, forms in running if len(forms) > 1]
        await self._follow(mixed)
        return bool(mixed)

    async def _look_after(self, record: GenerationsRecord, running: Sequence[str]) -> None:
        now = record.now
        if now.next is not None and await self._generations.switch(record):
            log.info("view_switched", view=record.view, generation=now.next.tag)
        elif now.previous is not None and await self._generations.end_way_back(record):
            log.info("way_back_ended", view=record.view, generation=now.previous.tag)
        elif now.gone:
            removed = await self._generations.remove(record)
            if removed:
                log.info("generation_removed", view=record.view, generations=list(now.gone), keys=removed)
        elif (now.live or now.next) and not any(each.form in running for each in (now.live, now.next) if each):
            # Its release does not run any more, and none that knows what is there was provisioned since.
            await self._views.begin_generation(record)

    async def _follow(self, mixed: Sequence[str]) -> None:
        """Follows the log for own generations of these views in the partitions that this process does not have."""
        wanted: set[tuple[str, str, int]] = set()
        for view in mixed:
            for partition, tag in await self._views.floors_to_follow(view):
                if partition not in self._leases or self._leases[partition].closing.is_set():
                    wanted.add((view, tag, partition))
        for place in self._following.keys() - wanted:
            self._following.pop(place).end_now()
        for view, tag, partition in wanted:
            lease = self._following.get((view, tag, partition))
            if lease is None:
                source = Source(self._views.group, self._views.topic.name, partition)
                lease = self._following[view, tag, partition] = Lease(source, next=sys.maxsize)
            self._building.ensure(lease, view, tag)
