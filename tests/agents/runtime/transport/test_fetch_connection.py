"""The connection of a consumer's fetches, on a client that answers nothing."""
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false
# It stands between aiokafka's fetcher and client, and looks into their private parts.

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.offset import OffsetRequest

from agents.runtime.transport import fetch_connection
from agents.runtime.transport.fetch_connection import GROUP, FetchConnection
from stores.kafka.in_flight import NodesInFlight
from tests.deadline import until

NODE, OTHER = 1, 2
FETCH = FetchRequest(5000, 1, 1, 0, [])
BOUNDS = OffsetRequest(-1, 0, [])


class Connection:
    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


class Client:
    """As aiokafka's, whose requests wait at the broker. sent: (node, group of connections)."""

    def __init__(self) -> None:
        self._conns: dict[Any, Connection] = {}
        self.sent: list[tuple[int, str]] = []
        self.cluster = "cluster"

    async def send(self, node: int, request: Any, *, group: str = "default") -> None:
        self._conns.setdefault((node, group), Connection())
        self.sent.append((node, group))
        await asyncio.Event().wait()


class World:
    def __init__(self) -> None:
        self.client = Client()
        self.connection = FetchConnection(self.client)
        self.tasks: list[asyncio.Task[Any]] = []

    async def asks(self, node: int, request: Any) -> asyncio.Task[Any]:
        before = len(self.client.sent)
        self.tasks.append(asyncio.create_task(self.connection.send(node, request)))
        await self.sends(before + 1)
        return self.tasks[-1]

    async def sends(self, requests: int) -> None:
        async def sent() -> bool:
            return len(self.client.sent) >= requests

        await until(f"{requests} requests", sent, pause=0)

    def of(self, node: int) -> Connection:
        return self.client._conns[node, GROUP]


@pytest.fixture
async def world():
    made = World()
    yield made
    for task in made.tasks:
        task.cancel()
    await asyncio.gather(*made.tasks, return_exceptions=True)


async def test_nothing_else_waits_behind_a_fetch(world: World) -> None:
    await world.asks(NODE, FETCH)
    await world.asks(NODE, BOUNDS)
    assert world.client.sent == [(NODE, GROUP), (NODE, "default")]
    assert world.connection.cluster == "cluster", "all else is the client's"


async def test_a_partition_that_is_opened_does_not_wait_for_the_fetches_under_way(world: World) -> None:
    fetches = [await world.asks(NODE, FETCH), await world.asks(OTHER, FETCH)]
    bounds, connections = await world.asks(NODE, BOUNDS), [world.of(NODE), world.of(OTHER)]
    for _ in range(3):  # partitions of a group are opened at nearly the same time
        world.connection.moved()
    await asyncio.wait(fetches)
    assert [connection.closed for connection in connections] == [1, 1]
    assert not bounds.done()
    await world.asks(NODE, FETCH)
    assert world.of(NODE) not in connections, "the broker would answer only after the fetch that was given up"


async def test_a_fetch_that_begins_after_a_seek_is_not_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_connection, "TOGETHER", 0.0)
    world.connection.moved()
    fetch = await world.asks(NODE, FETCH)
    for _ in range(5):
        await asyncio.sleep(0)
    assert not fetch.done()


async def test_one_whose_assignment_is_lost_leaves_its_connection_closed(world: World) -> None:
    fetch = await world.asks(NODE, FETCH)
    connection = world.of(NODE)
    fetch.cancel()
    await asyncio.wait((fetch,))
    assert connection.closed == 1
    assert world.client._conns == {}


async def test_the_fetch_routine_goes_on_after_one_that_is_given_up(world: World) -> None:
    """On aiokafka's own routine: to cancel a fetch is no failure to it, and the next one follows at once."""
    fetcher = object.__new__(Fetcher)
    fetcher._client, fetcher._records = world.connection, {}
    fetcher._pending_tasks, fetcher._fetch_waiters = set(), set()
    fetcher._in_flight, fetcher._retry_backoff = NodesInFlight(fetcher), 3600.0
    assignment = SimpleNamespace(active=True, unassign_future=asyncio.get_running_loop().create_future())
    fetcher._subscriptions = SimpleNamespace(subscription=SimpleNamespace(assignment=assignment))

    def plan(_: Any) -> Any:
        return [] if NODE in fetcher._in_flight else [(NODE, FETCH)], {}, None, False, []

    fetcher._get_actions_per_node = plan
    world.tasks.append(asyncio.create_task(fetcher._fetch_requests_routine()))
    await world.sends(1)
    world.connection.moved()
    await world.sends(2)
    assert not world.tasks[0].done()
