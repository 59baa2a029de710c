"""Two edges share a port and are restarted one after the other, under load: no request fails, no event of a stream is lost."""

import asyncio
import dataclasses
import json
import uuid
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from infra.layout import ports
from infra.stack import product
from infra.supervision.child import Child
from tests.deadline import until, within
from tests.http_edge.conftest import World
from tests.http_edge.events import CANCELLED, Heard, Order, follow
from tests.http_edge.wire.test_connections import request
from topics import keys

LINE = json.dumps({"meal_id": "m-1", "quantity": 1}).encode()
POST = ("Content-Type: application/json", f"Content-Length: {len(LINE)}")


@asynccontextmanager
async def two_edges(edge: World) -> AsyncGenerator[list[Child]]:
    supervisor = edge.servers.supervisor
    children = [supervisor.start(product.edge(edge.servers.site, number)) for number in (1, 2)]
    try:
        for child in children:
            await child.until_ready()
        yield children
    finally:
        await supervisor.stop([child.program.name for child in children])
        for child in children:
            del supervisor.children[child.program.name], supervisor.expected[child.program.name]


class Load:
    """Clients that ask all the time, until it is over. told: answers by status. failed: what became of requests without one.

    They are not cancelled: `asyncio.wait_for` loses a cancellation that comes together with what it waits for.
    """

    def __init__(self, port: int, asked: list[bytes]) -> None:
        self.told: Counter[int] = Counter()
        self.failed: list[str] = []
        self.over = False
        self._port = port
        self._asked = asked

    async def client(self, *, keeps: bool) -> None:
        """keeps: the connection, as long as the edge does."""
        while not self.over:
            reader, writer = await self._connect()
            goes_on = True
            while goes_on:
                goes_on = await self._ask(reader, writer) and keeps and not self.over
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", self._port)
            except OSError as error:
                self.failed.append(f"connecting: {error}")
                await asyncio.sleep(0)

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection stays."""
        asked = self._asked[self.told.total() % len(self._asked)]
        try:
            writer.write(asked)
            head = await within("an answer", reader.readuntil(b"\r\n\r\n"))
            await reader.readexactly(int(head.partition(b"Content-Length: ")[2].partition(b"\r")[0]))
        except (OSError, asyncio.IncompleteReadError) as error:
            self.failed.append(f"{asked[:20]!r}: {error!r}")
            return False
        self.told[int(head[9:12])] += 1
        return b"Connection: close" not in head


@asynccontextmanager
async def under_load(*loads: Load) -> AsyncGenerator[None]:
    """Eight clients in all."""
    clients = [
        asyncio.create_task(loads[number // 2 % len(loads)].client(keeps=number % 2 == 0)) for number in range(8)
    ]
    try:
        yield
    finally:
        for load in loads:
            load.over = True
        await asyncio.gather(*clients, return_exceptions=True)


async def followed(order: Order, base: str, heard: list[Heard]) -> int:
    """How often it came back, until the order is complete."""
    client = dataclasses.replace(order.world.client(order.user), base=base)
    again = 0
    while True:
        async with follow(client, order.id, last=heard[-1].id if heard else None) as events:
            while (event := await events.next()) is not None:
                if event.name != "end":
                    heard.append(event)
                elif event.data == {"why": "complete"}:
                    return again
        again += 1


async def test_two_edges_are_restarted_under_load_and_no_request_fails(edge: World):
    user, order, heard = str(uuid.uuid4()), Order(edge), list[Heard]()
    await order.becomes("placed")
    base, ports = edge.servers.endpoints.edge, edge.servers.site.ports
    await edge.redis.set(keys.document("basket", user), b'1\n{"items":[]}')
    web, phones = (
        Load(port, [request(edge, user, shown), request(edge, user, added, *POST, method="POST") + LINE])
        for port, shown, added in (
            (ports["edge"], "/carts/get", "/carts/add"), (ports["mobile"], "/m/basket", "/m/basket"),
        )
    )  # fmt: skip
    async with two_edges(edge) as children, under_load(web, phones):
        following = asyncio.create_task(followed(order, base, heard))
        for child in (*children, *children):
            begun = web.told.total(), phones.told.total()
            await child.stop()
            await order.becomes("placed")
            child.start()
            await within("it to be ready again", child.until_ready(), 60)

            async def goes_on(begun: tuple[int, int] = begun) -> bool:
                return web.told.total() > begun[0] + 50 and phones.told.total() > begun[1] + 50

            await until("the load to go on", goes_on)
        await order.becomes("cancelled", CANCELLED)
        came_back = await within("the stream to end", following)
    for load in (web, phones):
        # 202: it will be done, and took longer than two seconds while the edges started
        assert load.failed == [] and {200} <= load.told.keys() <= {200, 202}, load.told
    assert heard == order.happened()
    assert came_back >= 2, "each of the two edges was stopped twice"


async def test_an_edge_says_not_ready_before_it_ends_and_alone(edge: World):
    async with two_edges(edge) as (first, second):
        alone = [
            f"http://127.0.0.1:{edge.servers.site.ports['edge_health'] + number}/health/ready" for number in (0, 1)
        ]
        assert [await _status(edge.http, url) for url in alone] == [200, 200]
        await first.stop()
        with pytest.raises(aiohttp.ClientConnectionError):
            await _status(edge.http, alone[0])
        assert await _status(edge.http, alone[1]) == 200
        assert second.mark is not None
        wanted = first.program.ports
        ports.require_free("edge-1", wanted, [second.mark.pid])
        with pytest.raises(Exception, match=r"edge-1: port \d+ \(edge\) is in use by another program"):
            ports.require_free("edge-1", wanted, [second.mark.pid + 1])


async def _status(http: aiohttp.ClientSession, url: str) -> int:
    async with http.get(url) as answer:
        return answer.status
