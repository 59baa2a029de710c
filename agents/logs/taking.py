"""From RabbitMQ's queue of log lines into the index, and the index' turn each day."""

import asyncio
import contextlib
from typing import NoReturn

from agents.logs.batching import Batches
from stores.elastic.connection import Connection
from stores.elastic.documents import Documents
from stores.errors import Unavailable
from stores.logs.index import LogIndex
from stores.logs.topology import QUEUE, TOPOLOGY
from stores.rabbit import Delivery
from stores.rabbit.rabbit import Rabbit
from stores.settings import Settings
from stores.telemetry import logger

AT_ONCE = 500  # lines that RabbitMQ gives before the first of them is in the index
TURN_EVERY = 600.0  # seconds between two looks whether a new index is to be begun
_AGAIN = 2.0  # seconds

_log = logger("agents.logs")


class LogAgent:
    def __init__(self, settings: Settings) -> None:
        self._elastic = Connection(settings.elastic)
        self._index = LogIndex(Documents(self._elastic), settings.log_days)
        self._batches = Batches(self._index)
        rabbit = Rabbit(settings.rabbit, "logs", TOPOLOGY)
        self._consumer = rabbit.consumer(QUEUE, AT_ONCE, self._batches.take, _each_alone)

    @property
    def away(self) -> str | None:
        """Why no lines come into the index now."""
        return self._consumer.away or self._batches.away

    async def run(self) -> NoReturn:
        """For ever."""
        try:
            await self._prepare()
            async with asyncio.TaskGroup() as parts:
                for part in (self._consumer.run(), self._batches.run(), self._turn()):
                    parts.create_task(part)
        finally:
            await self._elastic.close()
        raise AssertionError("none of them ends")

    async def _prepare(self) -> None:
        """Before the first line: the index that a line makes has the form of this moment."""
        while True:
            try:
                return await self._index.prepare()
            except Unavailable as error:
                self._batches.away = str(error)
                await asyncio.sleep(_AGAIN)

    async def _turn(self) -> NoReturn:
        while True:
            with contextlib.suppress(Unavailable):  # the next time
                removed = await self._index.turn()
                if removed:
                    _log.info("log_indices_removed", indices=removed)
            await asyncio.sleep(TURN_EVERY)


def _each_alone(delivery: Delivery) -> str:
    """Lines have no order that the index keeps."""
    return str(id(delivery))
