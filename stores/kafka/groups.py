"""The consumer groups as the broker sees them."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from aiokafka.protocol.admin import DescribeGroupsRequest, DescribeGroupsRequest_v2

from stores.kafka.admin import open_admin
from stores.kafka.brokers import Brokers


class Membership(NamedTuple):
    """state: the broker's word, e.g. Stable, Empty; Dead for a group that it does not know."""

    state: str
    members: int


class _Describe(DescribeGroupsRequest):
    """In version 2: aiokafka 0.14 reads answers to version 3 as if they were of version 2."""

    def build(self, request_struct_class: Any) -> Any:
        return DescribeGroupsRequest_v2(self._groups)


async def memberships(brokers: Brokers, groups: Iterable[str]) -> dict[str, Membership]:
    """By group. Raises KafkaError or OSError."""
    async with open_admin(brokers, 3_000) as admin:
        coordinators = defaultdict[int, list[str]](list)
        for group in sorted(groups):
            coordinators[await admin.find_coordinator(group)].append(group)
        found: dict[str, Membership] = {}
        for broker, some in coordinators.items():
            answer: Any = await admin._send_request(_Describe(groups=some), broker)  # pyright: ignore[reportPrivateUsage]
            found |= {row[1]: Membership(row[2], len(row[5])) for row in answer.groups}
        return found
