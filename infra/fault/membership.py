"""The consumer groups as the broker sees them, and how often their partitions were opened."""

import asyncio
import time
from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from agents.domains import DOMAINS
from infra.audit.books import open_books
from infra.layout.site import Endpoints
from stores.kafka.groups import memberships

ASK_EVERY = 0.3


async def groups(endpoints: Endpoints) -> set[str]:
    """Of all agents."""
    admin = AIOKafkaAdminClient(bootstrap_servers=endpoints.kafka)
    await admin.start()
    try:
        return {str(row[0]) for row in await admin.list_consumer_groups() if str(row[0]).partition(".")[0] in DOMAINS}
    finally:
        await admin.close()


async def incomplete(endpoints: Endpoints, names: Iterable[str], members: int) -> list[str]:
    """Groups that are not stable with so many members."""
    return [
        f"{group}: {found.state}, {found.members} members"
        for group, found in (await memberships(endpoints.brokers, names)).items()
        if found != ("Stable", members)
    ]


async def until_complete(
    endpoints: Endpoints, names: Iterable[str], members: int, within: float
) -> tuple[float, list[str]]:
    """(seconds that it took, groups that are still incomplete)."""
    begun, wanted = time.monotonic(), sorted(names)
    while True:
        try:
            missing = await incomplete(endpoints, wanted, members)
        except (KafkaError, OSError) as error:
            missing = [f"the broker does not say: {type(error).__name__}"]
        took = time.monotonic() - begun
        if not missing or took > within:
            return took, missing
        await asyncio.sleep(ASK_EVERY)


async def openings(endpoints: Endpoints) -> int:
    """How often partitions were opened: it grows with every rebalance, and must not for anything else."""
    async with open_books(endpoints) as books:
        return sum([row.epoch for domain in DOMAINS for row in await books.of(domain).floors(domain)])
