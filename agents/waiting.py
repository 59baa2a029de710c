"""Waits at the start until every server answers: Faust does not, it raises or hangs."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from stores.kafka import admin
from stores.redis import connection
from stores.settings import Settings
from stores.technologies import TECHNOLOGIES, Technology

log = structlog.get_logger()

_AGAIN = 0.5  # seconds
_REMIND = 20  # tries between two lines about the same server


async def servers_are_up(settings: Settings) -> None:
    """Returns when Kafka, the views' Redis and the servers of all domains' stores answer."""
    await asyncio.gather(
        _wait("Kafka", str(settings.kafka), lambda: admin.ping(settings.kafka)),
        _wait("Redis", settings.redis.rpartition("@")[2], lambda: connection.ping(settings.redis)),
        *(_wait_for(each, each.url(settings)) for each in TECHNOLOGIES),
    )


async def _wait_for(store: Technology, url: str) -> None:
    await _wait(store.server, url.rpartition("@")[2], lambda: store.ping(url))


async def _wait(server: str, where: str, answers: Callable[[], Awaitable[None]]) -> None:
    tries = 0
    while True:
        try:
            async with asyncio.timeout(5):
                return await answers()
        except Exception as error:
            if tries % _REMIND == 0:
                log.warning(
                    "waiting_for_server", server=server, where=where, why=repr(error)[:160], start="./lezzet up"
                )
            tries += 1
            await asyncio.sleep(_AGAIN)
