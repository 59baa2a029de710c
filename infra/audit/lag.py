"""How far the product is behind, by its own floors and by the offsets that it told Kafka."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from aiokafka.admin import AIOKafkaAdminClient
from redis.asyncio import Redis

from agents.domains import DOMAINS
from infra.audit import topic_log
from infra.audit.books import Books, open_books
from infra.audit.findings import Findings
from infra.audit.servers import Servers
from infra.stack.stage import say
from stores.kafka.brokers import Brokers
from stores.protocol import is_awaited
from stores.redis.generations import ViewGenerations
from topics.contracts import all_topics

Ends = Mapping[tuple[str, int], int]  # (topic, partition) → the offset after the last message
Floors = dict[tuple[str, str, int], int]  # (group, topic, partition) → next offset to do

ASK_EVERY = 0.5
WITHIN = 180.0  # seconds from the last command until nothing is left to do: a killed agents process takes 60 to be back


async def _floors(books: Books, redis: str) -> Floors:
    """Of the domains' stores and of the views."""
    rows = [row for domain in DOMAINS for row in await books.of(domain).floors(domain)]
    found: Floors = {row.source: row.next for row in rows}
    return found | await view_floors(redis)


async def _waiting(books: Books) -> Mapping[str, int]:
    """Rows in outboxes, events set aside, and timers that are due by their domain's clock, if there are any."""
    found = dict[str, int]()
    for domain in DOMAINS:
        book = books.of(domain)
        found[f"outbox of {domain}"] = await book.outbox(domain)
        found[f"set_aside of {domain}"] = await book.set_aside(domain)
        found[f"timers due of {domain}"] = await book.timers_due(domain)
    return {name: rows for name, rows in found.items() if rows}


async def view_floors(url: str) -> Floors:
    """Floors of Redis: of several views, and of generations that are read or built, the one that is least far. The one that is
    kept for the way back is behind on purpose."""
    found: Floors = {}
    redis = Redis.from_url(url)
    try:
        generations = ViewGenerations(redis)
        for known in (await generations.read(await generations.names())).values():
            for one in filter(None, (known.now.live, known.now.next)):
                for partition, floor in enumerate(await generations.floors(known.view, one)):
                    if floor is not None:
                        place = one.group, one.topic, partition
                        found[place] = min(floor, found.get(place, floor))
    finally:
        await redis.aclose()
    return found


async def _behind(servers: Servers, floors: Floors, ends: Ends) -> Mapping[str, int]:
    """Messages before `ends` that are not done, by "group topic"; "told …" by what the groups committed. Without groups that
    nobody waits for."""
    found = {place: floor for place, floor in floors.items() if place[1:] in ends and is_awaited(place[0])}
    lag = Counter[str]()
    for (group, topic, partition), floor in found.items():
        lag[f"{group} {topic}"] += max(0, ends[topic, partition] - floor)
    for (group, topic, partition), told in (await _told(servers.brokers, {group for group, _, _ in found})).items():
        lag[f"told {group} {topic}"] += max(0, ends[topic, partition] - told)
    partitions = Counter(topic for topic, _ in ends)
    for group, topic in {(group, topic) for group, topic, _ in found}:
        opened = sum((g, t) == (group, topic) for g, t, _ in found)
        lag[f"partitions never opened by {group} of {topic}"] += partitions[topic] - opened
    return {name: messages for name, messages in lag.items() if messages}


async def caught_up(servers: Servers, within: float) -> Mapping[str, int]:
    """What was there when this was called and is not done after `within` seconds, by group and topic. Empty where all is done,
    also while more is sent."""
    ends = await topic_log.ends(servers.brokers, all_topics())

    async def look() -> Mapping[str, int]:
        async with open_books(servers) as books:
            floors = await _floors(books, servers.redis)
        return await _behind(servers, floors, ends)

    return (await _until_done(look, within))[1]


async def _left_to_do(servers: Servers) -> Mapping[str, int]:
    """Messages not done, rows in outboxes, events set aside, timers due. Empty: everything is done."""
    # Floors before what waits, and that before the ends: a message that moves on meanwhile is met at its next place.
    async with open_books(servers) as books:
        floors = await _floors(books, servers.redis)
        waiting = await _waiting(books)
    ends = await topic_log.ends(servers.brokers, all_topics())
    return {**await _behind(servers, floors, ends), **waiting}


async def _told(brokers: Brokers, groups: set[str]) -> Floors:
    admin = AIOKafkaAdminClient(**brokers.arguments())
    await admin.start()
    try:
        return {
            (group, place.topic, place.partition): told.offset
            for group in groups
            for place, told in (await admin.list_consumer_group_offsets(group)).items()
            if place.topic in all_topics() and told.offset >= 0
        }
    finally:
        await admin.close()


async def quiet(servers: Servers, findings: Findings, within: float = WITHIN) -> None:
    """Returns when nothing is left to do; what still is after `within` seconds is a finding."""
    took, left = await _until_done(lambda: _left_to_do(servers), within)
    say(f"nothing to do after {took:.1f} s" if not left else f"still behind: {dict(left)}")
    findings.measured(lag_s=round(took, 1))
    findings.breaks(f"lag after {within:.0f} s", (f"{name}: {messages}" for name, messages in left.items()))


async def _until_done(
    look: Callable[[], Awaitable[Mapping[str, int]]], within: float
) -> tuple[float, Mapping[str, int]]:
    """(seconds that it took, what is still behind after `within`)."""
    begun = time.monotonic()
    while True:
        left = await look()
        took = time.monotonic() - begun
        if not left or took > within:
            return took, left
        await asyncio.sleep(ASK_EVERY)
