"""A race in aiokafka's fetch routine, mended: without this a consumer may stand still for 200 ms (`fetcher_timeout`).

aiokafka removes a node from those that a fetch is under way to in the done-callback of the fetch's task. If records are taken
while a fetch comes back, the routine may plan between the end of that task and its callback: it passes over the node as busy,
has no task of it to wait for, and sleeps.
"""
# pyright: basic
# aiokafka has no hook here: this file stands in for a part of it, which strict types cannot follow.

from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher


class NodesInFlight(set[int]):
    """Ids of the nodes that a fetch is under way to. Wakes the fetch routine whenever a node is removed."""

    def __init__(self, fetcher: Fetcher) -> None:
        super().__init__()
        self._fetcher = fetcher

    def discard(self, node: int, /) -> None:
        super().discard(node)
        self._fetcher._notify(self._fetcher._wait_consume_future)


def never_stand_still(consumer: AIOKafkaConsumer) -> None:
    """After its start, before anything is fetched."""
    fetcher = consumer._fetcher
    assert fetcher is not None
    fetcher._in_flight = NodesInFlight(fetcher)  # type: ignore[assignment]
