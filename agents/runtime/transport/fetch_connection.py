"""A Kafka connection of its own for the fetches of a consumer. It is closed when a fetch is given up."""
# pyright: basic, reportArgumentType=false, reportReturnType=false, reportAssignmentType=false, reportCallIssue=false
# aiokafka has no hook here: this file stands between its fetcher and its client, and looks into the client's connections.

import asyncio
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.fetch import FetchRequest

GROUP = "fetches"  # of connections, beside aiokafka's own DEFAULT and COORDINATION
# Seconds from a seek until the fetches under way are given up: the partitions of a group are opened at nearly the same time.
TOGETHER = 0.02


class FetchConnection:
    """Stands in for the client of aiokafka's fetcher.

    A broker answers the requests of one connection one after the other, and a fetch waits there until a message comes. On a
    connection for all, a question for the bounds of a log would wait as long, and so would the first fetch of a partition that
    has just been opened.
    """

    def __init__(self, client: AIOKafkaClient) -> None:
        self._client = client
        self._under_way: set[asyncio.Task[Any]] = set()
        self._giving_up: asyncio.TimerHandle | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def send(self, node: int, request: Any) -> Any:
        if not isinstance(request, FetchRequest):
            return await self._client.send(node, request)
        task: Any = asyncio.current_task()
        self._under_way.add(task)
        try:
            return await self._client.send(node, request, group=GROUP)
        except asyncio.CancelledError:
            connection = self._client._conns.pop((node, GROUP), None)
            if connection is not None:
                connection.close()
            raise
        finally:
            self._under_way.discard(task)

    def moved(self) -> None:
        """A partition's position has changed, and the fetches under way do not ask for it: gives them up soon."""
        if self._giving_up is None and self._under_way:
            self._giving_up = asyncio.get_running_loop().call_later(TOGETHER, self._give_up)

    def _give_up(self) -> None:
        self._giving_up = None
        for task in self._under_way:
            task.cancel()
