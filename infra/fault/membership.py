"""The consumer groups as the broker sees them, and how often their partitions were opened."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.admin import DescribeGroupsRequest, DescribeGroupsRequest_v2

from agents.domains import DOMAINS
from infra.fault.books import open_books
from infra.layout.site import Endpoints

ASK_EVERY = 0.3


async def groups(endpoints: Endpoints) -> set[str]:
    """Of all agents."""
    admin = AIOKafkaAdminClient(bootstrap_servers=endpoints.kafka)
    await admin.start()
    try:
        return {str(row[0]) for row in await admin.list_consumer_groups() if str(row[0]).partition(".")[0] in DOMAINS}
    finally:
        await admin.close()


class _Describe(DescribeGroupsRequest):
    """In version 2: aiokafka 0.14 reads answers to version 3 as if they were of version 2."""

    def build(self, request_struct_class: Any) -> Any:
        return DescribeGroupsRequest_v2(self._groups)


async def incomplete(endpoints: Endpoints, names: Iterable[str], members: int) -> list[str]:
    """Groups that are not stable with so many members."""
    admin = AIOKafkaAdminClient(bootstrap_servers=endpoints.kafka, request_timeout_ms=3_000)
    await admin.start()
    try:
        wanted = sorted(names)
        coordinator = await admin.find_coordinator(wanted[0])
        answer: Any = await admin._send_request(_Describe(groups=wanted), coordinator)  # pyright: ignore[reportPrivateUsage]
    finally:
        await admin.close()
    return [
        f"{row[1]}: {row[2]}, {len(row[5])} members"
        for row in answer.groups
        if row[2] != "Stable" or len(row[5]) != members
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
