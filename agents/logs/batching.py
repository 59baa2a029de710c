"""Lines that come one by one, written many at once. Each is done when it is in the index: until then RabbitMQ keeps it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NoReturn

from prometheus_client import Counter

from stores.errors import Unavailable
from stores.logs.document import document
from stores.logs.index import LogIndex
from stores.metrics import of
from stores.rabbit import Delivery
from stores.telemetry import logger

INDEXED = Counter(*of("lezzet_log_lines_indexed_total"))
REFUSED = Counter(*of("lezzet_log_lines_refused_total"))

EVERY = 0.3  # seconds between two writes, while lines come
_AGAIN = (0.5, 1.0, 2.0, 5.0)  # seconds
_LONGEST_ID = 400  # bytes; Elasticsearch takes 512

_log = logger("agents.logs")


class Batches:
    """away: why nothing is written now; None while it is."""

    def __init__(self, index: LogIndex) -> None:
        self._index = index
        self._waiting: list[tuple[Delivery, asyncio.Future[None]]] = []
        self.away: str | None = None

    async def take(self, delivery: Delivery) -> None:
        """Returns when it is in the index, however long that takes."""
        waits = (delivery, asyncio.get_running_loop().create_future())
        self._waiting.append(waits)
        try:
            await waits[1]
        except asyncio.CancelledError:
            if waits in self._waiting:
                self._waiting.remove(waits)  # the connection is lost, and RabbitMQ gives it again
            raise

    async def run(self) -> NoReturn:
        """For ever."""
        while True:
            await asyncio.sleep(EVERY)
            some, self._waiting = self._waiting, []
            if some:
                await self._write([delivery for delivery, _ in some])
            for _, written in some:
                if not written.done():
                    written.set_result(None)

    async def _write(self, deliveries: Sequence[Delivery]) -> None:
        received, tries = datetime.now(UTC), 0
        # ids of the publisher: what is published or written twice is there once
        documents = [
            (each.id[:_LONGEST_ID] or f"{received}-{n}", document(each.body, received))
            for n, each in enumerate(deliveries)
        ]
        while True:
            try:
                refused = await self._index.put(documents)
                break
            except Unavailable as error:
                if self.away is None:
                    _log.warning("log_lines_wait", why=str(error), start="./lezzet up")
                self.away = str(error)
                await asyncio.sleep(_AGAIN[min(tries, len(_AGAIN) - 1)])
                tries += 1
        self.away = None
        INDEXED.inc(len(documents) - len(refused))
        if refused:
            REFUSED.inc(len(refused))
            _log.warning("log_lines_refused", count=len(refused), why=next(iter(refused.values()))[:300])
