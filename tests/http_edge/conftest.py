"""One edge in this process, on real Kafka and Redis, and a stand-in for the domains behind them."""

import time
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError

from http_edge.__main__ import gateways, open_edge
from http_edge.about.health import ready_keys
from http_edge.commands import delivery
from http_edge.gateway import Gateway
from http_edge.routing.edge import Edge
from http_edge.serving import Serving
from http_edge.wire.access_log import AccessLog
from http_edge.wire.connections import Connections
from infra.stack.stack import Stack
from stores.kafka.admin import make_topics
from stores.keyring import AgentKeys, agent_keys, edge_keys
from stores.logs.lines import Lines
from stores.settings import load
from tests.http_edge.client import Client, token
from tests.http_edge.domains import Domains
from tests.http_edge.requests import ROUTES
from topics.contracts import all_topics


@dataclass(frozen=True)
class World:
    servers: Stack
    redis: Redis
    edge: Edge
    domains: Domains
    keys: AgentKeys
    log: list[bytes]
    port: int
    mobile_port: int
    http: aiohttp.ClientSession

    def client(self, user: str | None = None, *, seconds: int = 600, jti: str | None = None) -> Client:
        """user: None is anonymous. seconds: until the token expires, negative when it has."""
        made = None if user is None else token(self.keys.jwt, user, int(time.time()) + seconds, jti or uuid.uuid4().hex)
        web, mobile = (f"http://127.0.0.1:{port}" for port in (self.port, self.mobile_port))
        return Client(self.http, web, mobile, made, self.edge.keys.callbacks)

    async def ready(self) -> None:
        await self.redis.mset(dict.fromkeys(ready_keys(ROUTES), ""))


async def serve(connections: Connections, *gateways: Gateway) -> tuple[Serving, list[int]]:
    """On free ports, at once."""
    serving = Serving(connections)
    ports = [await serving.bind(each, "127.0.0.1", 0) for each in gateways]
    serving.open()
    return serving, ports


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(servers: Stack) -> AsyncGenerator[World]:
    settings = load(servers.environment() | {"CORS_ORIGINS": "http://localhost:3000,https://lezzet.example"})
    await make_topics(settings.kafka, all_topics().values())
    # the tests' own client shrugs at the restarts that they cause
    redis = Redis.from_url(settings.redis, retry=Retry(ConstantBackoff(0.05), 100), retry_on_error=[ConnectionError])
    log: list[bytes] = []
    async with (
        open_edge(settings, edge_keys(settings.keys)) as edge,
        aiohttp.ClientSession() as http,
        Domains(settings.kafka.addresses[0], redis) as domains,
    ):
        serving, ports = await serve(edge.connections, *gateways(edge, AccessLog("edge", write=log.append), Lines()))
        await edge.commands.wait_connected()  # type: ignore[attr-defined]
        try:
            yield World(servers, redis, edge, domains, agent_keys(settings.keys), log, *ports, http)
        finally:
            await serving.close()
    await redis.aclose()


@pytest.fixture
def long_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who gets no answer waits for five seconds, so that on a busy machine all others ask meanwhile."""
    monkeypatch.setattr(delivery, "REPLY_SECONDS", 5.0)
    monkeypatch.setattr(delivery, "ACK_SECONDS", 5.1)


@pytest_asyncio.fixture(loop_scope="session")
async def edge(world: World) -> AsyncGenerator[World]:
    """The world as each test finds it: empty Redis but for the ready keys, domains that answer `done`."""
    await world.redis.flushdb()
    await world.ready()
    world.domains.behave()
    yield world
