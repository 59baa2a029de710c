"""`/processes`: what runs under `./lezzet up`, and whether each server answers."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from replay.console.desk import Desk
from replay.console.frame import Shown
from replay.supervised import NotSupervised, processes
from replay.tools import Tools, address
from stores.errors import Doubt
from stores.kafka.admin import ping
from stores.kafka.brokers import Brokers
from stores.kafka.errors import translated
from stores.redis.connection import ping as ping_redis
from stores.technologies import TECHNOLOGIES

_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Server:
    """address: without credentials. ms: until it answered. wrong: why it did not."""

    name: str
    address: str
    ms: float
    wrong: str | None


async def running(desk: Desk, _request: web.Request) -> Shown:
    try:
        found, why = await processes(desk.tools.settings.supervisor), None
    except NotSupervised as error:
        found, why = [], str(error)
    servers = await asyncio.gather(*(_asked(*each) for each in _questions(desk)))
    values = {"processes": found, "why": why, "servers": servers}
    return Shown("processes.html", "Processes and servers", values, ("status",))


Question = tuple[str, str, Callable[[], Awaitable[object]]]


def _questions(desk: Desk) -> list[Question]:
    settings = desk.tools.settings
    stores = [(each.server, address(each.url(settings)), _ping(each.ping, each.url(settings))) for each in TECHNOLOGIES]
    return [
        ("Kafka", ", ".join(settings.kafka.addresses), lambda: _kafka(settings.kafka)),
        *stores,
        ("Redis of the views", address(settings.redis), lambda: ping_redis(settings.redis)),
        ("Elasticsearch", address(settings.elastic), lambda: _elastic(desk.tools)),
    ]


def _ping(ping: Callable[[str], Awaitable[None]], url: str) -> Callable[[], Awaitable[object]]:
    return lambda: ping(url)


async def _asked(name: str, address: str, ask: Callable[[], Awaitable[object]]) -> Server:
    begun, wrong = time.monotonic(), None
    try:
        await asyncio.wait_for(ask(), _SECONDS)
    except TimeoutError:
        wrong = f"no answer within {_SECONDS:.0f} s"
    except Doubt as error:
        wrong = str(error)
    return Server(name, address, (time.monotonic() - begun) * 1000, wrong)


async def _kafka(brokers: Brokers) -> None:
    async with translated():
        await ping(brokers)


async def _elastic(tools: Tools) -> None:
    async with tools.logs() as index:
        await index.search({"query": {"match_none": {}}, "size": 0, "source": False, "sort": []})
