"""Ships this process' log lines to RabbitMQ. Where it is away or full, they wait in the process as far as they fit."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import NoReturn, Protocol

from stores.ending import end
from stores.errors import Unavailable
from stores.logs.lines import Line, Lines
from stores.logs.topology import EXCHANGE, TOPOLOGY, routing_key
from stores.rabbit import Message, NotTaken, Unroutable
from stores.rabbit.rabbit import Rabbit
from stores.telemetry import logger

AT_ONCE = 40  # lines of a batch; to publish one costs about a tenth of a millisecond
TOGETHER = 5  # of these are published before other tasks of the process get their turn
A_SECOND = 200  # lines at most: more would take too much of the process' time
EVERY = 0.25  # seconds between two looks
_AGAIN = (0.5, 1.0, 2.0, 5.0, 10.0)  # seconds
TELL_EVERY = 60.0  # seconds between two lines about dropped ones
LAST_SECONDS = 1.0  # for what waits when the process ends

_log = logger("stores.logs")


class Publisher(Protocol):
    """stores.rabbit.rabbit.Rabbit."""

    async def publish(self, exchange: str, key: str, message: Message) -> None: ...


class Shipper:
    """away: why nothing is shipped now; None while it is."""

    def __init__(self, lines: Lines, publisher: Publisher) -> None:
        self._lines = lines
        self._publisher = publisher
        self._ids = _Ids()
        self._told, self._told_at = 0, 0.0
        self.away: str | None = None

    async def run(self) -> NoReturn:
        """For ever."""
        tries = 0
        while True:
            self._tell_dropped()
            begun = time.monotonic()
            count = await self._ship_some()
            if self.away is not None:
                await asyncio.sleep(_AGAIN[min(tries, len(_AGAIN) - 1)])
                tries += 1
                continue
            tries = 0
            rest = count / A_SECOND - (time.monotonic() - begun)
            await asyncio.sleep(max(rest, 0 if count == AT_ONCE else EVERY))

    async def finish(self) -> None:
        """What waits, as far as it goes in a moment: the process ends."""
        try:
            async with asyncio.timeout(LAST_SECONDS):
                while await self._ship_some():
                    pass
        except TimeoutError:
            pass

    async def _ship_some(self) -> int:
        """Ships the next batch. Returns how many lines that were, 0 if they are not confirmed: then they are tried again, under
        the same ids."""
        taken = self._lines.take(AT_ONCE)
        if not taken:
            return 0
        try:
            await self._publish(taken)
        except (Unavailable, NotTaken, Unroutable) as error:
            self.away = str(error)
            return 0
        except Exception:  # these lines cannot be shipped; tried again, they would hold up all that come after them
            self._lines.dropped += len(taken)
            _log.exception("log_lines_not_shipped", count=len(taken))
        self._lines.done(taken)
        self._ids.next()
        self.away = None
        return len(taken)

    async def _publish(self, taken: Sequence[Line]) -> None:
        """Publishes the first line alone, then the others: while the server is away only one call waits for its time-out."""
        first, *rest = (
            (routing_key(line.domain, line.level), Message(id=self._ids.of(number), body=line.body, type="log"))
            for number, line in enumerate(taken)
        )
        await self._publisher.publish(EXCHANGE, *first)
        publishing: list[asyncio.Task[None]] = []
        for each in rest:
            publishing.append(asyncio.create_task(self._publisher.publish(EXCHANGE, *each)))
            if len(publishing) % TOGETHER == 0:
                await asyncio.sleep(0)
        for failed in await asyncio.gather(*publishing, return_exceptions=True):
            if failed is not None:
                raise failed

    def _tell_dropped(self) -> None:
        """By a line of its own, which is shipped, too, when there is room for it."""
        dropped, now = self._lines.dropped, time.monotonic()
        if dropped > self._told and now - self._told_at >= TELL_EVERY:
            _log.warning("log_lines_dropped", count=dropped - self._told, waiting=len(self._lines), why=self.away)
            self._told, self._told_at = dropped, now


@asynccontextmanager
async def shipping(url: str, process: str, lines: Lines) -> AsyncGenerator[None]:
    """Ships while it is open; at its end what still waits, as far as it goes in a moment. url: RabbitMQ's."""
    rabbit = Rabbit(url, f"{process}: logs", TOPOLOGY)
    shipper = Shipper(lines, rabbit)
    running = asyncio.create_task(shipper.run())
    try:
        yield
    finally:
        await end(running)
        await shipper.finish()
        await rabbit.close()


class _Ids:
    """Of the messages of one batch: the same when it is tried again, so that the index takes each line once."""

    def __init__(self) -> None:
        self.next()

    def next(self) -> None:
        self._batch = uuid.uuid4().hex

    def of(self, number: int) -> str:
        return f"{self._batch}-{number}"
