"""Who reads a topic, how far they are, and what they made of what a publisher sent."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from replay.topics.floors import Standing, standings
from stores.engineering import Domains
from stores.kafka.log import Logged, LogReader, Place
from stores.protocol import Source, is_awaited
from stores.redis import tags
from stores.redis.connection import connect
from stores.redis.floors import ViewFloors
from stores.redis_authority.store import open_store
from tests import foreign
from tests.deadline import until
from tests.replay.scene import Desk
from topics import keys
from topics.contracts import all_topics
from topics.messages import headers

TOPICS = all_topics()
READ = [topic.name for topic in TOPICS.values() if topic.consumers]
"""The topics that somebody here reads."""


async def ask(log: Path, what: str) -> tuple[int, str]:
    """Status and text of a health page of the agents that log there. (0, nothing) before they say where it is."""
    port = _health_port(log)
    if port is None:
        return 0, ""
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/{what}") as answer:
        return answer.status, await answer.text()


def _health_port(log: Path) -> str | None:
    found = re.search(r'"health_port":(\d+)', log.read_text())
    return None if found is None else found[1]


@dataclass(frozen=True)
class Seat:
    """Where topics and floors are read from, opened once for all tests."""

    log: LogReader
    domains: Domains
    views: ViewFloors
    _read: dict[Place, list[Logged]] = field(default_factory=dict[Place, list[Logged]])

    async def all_of(self, topic: str, key: str | None = None) -> list[Logged]:
        """What stands on it (of one key), by partition and offset. What was read before is not read again."""
        bounds = await self.log.bounds(self.log.places([topic]))
        read = {place: self._read.setdefault(place, []) for place in bounds}
        starts = {place: of[-1].offset + 1 if of else bounds[place].first for place, of in read.items()}
        async for chunk in self.log.read(starts, {place: bound.end for place, bound in bounds.items()}):
            for record in chunk:
                read[record.place].append(record)
        every = [record for of in read.values() for record in of]
        return every if key is None else [record for record in every if record.key == key.encode()]


@dataclass(frozen=True)
class Audience:
    """log: what the agents wrote so far."""

    desk: Desk
    seat: Seat
    broker: str
    log: Path

    async def send(self, topic: str, *batches: bytes) -> list[int]:
        """To partition 0. The offset of each batch's first record."""
        return [await foreign.send(self.broker, topic, 0, made) for made in batches]

    async def at_the_end(self, topic: str) -> None:
        """Every group that reads the topic has done all of it: no partition is held up."""

        async def done() -> bool:
            readers, ends = await self._readers(topic)
            return bool(readers) and all(reader.next == ends[reader.place.partition] for reader in readers)

        await until(f"all of {topic} to be done by every group", done)

    async def groups(self, topic: str) -> set[str]:
        readers, _ = await self._readers(topic)
        return {reader.group for reader in readers}

    async def letters(self, topic: str, offsets: Collection[int], of: Collection[str] = ()) -> dict[int, list[Logged]]:
        """All dead letters of partition 0, by where the message stood: waits for those of `offsets`, from every group."""
        groups, found = set(of) or await self.groups(topic), dict[int, list[Logged]]()

        async def from_all() -> bool:
            found.clear()
            for letter in await self.seat.all_of(f"{topic}_dlq"):
                about = dict(letter.headers)
                if about[headers.DLQ_PARTITION] == b"0":
                    found.setdefault(int(about[headers.DLQ_OFFSET]), []).append(letter)
            return all(_refused_by(found.get(offset, ())) >= groups for offset in offsets)

        await until(f"dead letters of {topic} {sorted(offsets)} from {groups}", from_all)
        return found

    async def caused(self, topic: str, cause: str) -> list[Logged]:
        """What stands on a topic because of the message with that id."""
        wanted = (headers.CAUSATION, cause.encode())
        return [r for r in await self.seat.all_of(topic) if wanted in r.headers]

    async def batches(self, group: str, topic: str) -> int:
        """How many the agents have ended of it."""
        _, metrics = await ask(self.log, "metrics")
        said = re.search(rf'lezzet_batches_total{{group="{group}",topic="{topic}"}} (\S+)', metrics)
        return int(float(said[1])) if said else 0

    async def is_in_the_view(self, restaurant: str) -> bool:
        redis = connect(self.desk.tools.settings.redis)
        try:
            return (await tags.read(redis, [keys.document("restaurant", restaurant)]))[0] is not None
        finally:
            await redis.aclose()

    async def is_a_fact(self, meal: str) -> bool:
        """Of the basket domain."""
        store = await open_store(self.desk.tools.settings.redis_baskets, "basket")
        try:
            anywhere = Source("basket.project", "catalog_events", 0)
            return bool((await store.look([anywhere], facts=[("meals", meal)])).facts)
        finally:
            await store.close()

    async def _readers(self, topic: str) -> tuple[list[Standing], dict[int, int]]:
        log, domains, views = self.seat.log, self.seat.domains, self.seat.views
        bounds = await log.bounds(log.places([topic]))
        ends = {place.partition: bound.end for place, bound in bounds.items()}
        found = await standings([TOPICS[topic]], domains, views)
        return [reader for reader in found if is_awaited(reader.group)], ends  # no server of an index runs here


def _refused_by(letters: Collection[Logged]) -> set[str]:
    return {dict(letter.headers)[headers.DLQ_GROUP].decode() for letter in letters}
