"""Consumes one queue: what is done is acknowledged, what is not done when the connection ends comes again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

from aio_pika.abc import AbstractIncomingMessage

from stores.ending import end
from stores.errors import Doubt, Unavailable
from stores.log_repeats import Counted
from stores.rabbit import Delivery
from stores.rabbit.connection import SECONDS, Connection, translated
from stores.telemetry import logger

Handle = Callable[[Delivery], Awaitable[None]]
"""Does all that a message leads to. What it raises is logged, and the same message is tried again."""
KeyOf = Callable[[Delivery], str]

_AGAIN = (0.2, 0.5, 1.0, 2.0, 5.0)  # seconds
_CONNECT_AGAIN = 1.0  # seconds

_log = logger("stores.rabbit")


class Consumer:
    """prefetch: messages at once, at most. key: messages of one key are done one after the other, as they stand in the queue.

    away: why nothing comes now; None while it consumes.
    """

    def __init__(self, connection: Connection, queue: str, prefetch: int, handle: Handle, key: KeyOf) -> None:
        self._connection = connection
        self._queue = queue
        self._prefetch = prefetch
        self._handle = handle
        self._key = key
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: dict[str, asyncio.Task[None]] = {}  # key → the one that was taken last
        self.away: str | None = "not connected yet"

    async def run(self) -> NoReturn:
        """For ever: connects again where the server was away."""
        away = Counted()
        while True:
            try:
                await self._until_lost()
                self.away = "the connection is closed"
            except Unavailable as error:
                self.away = str(error)
            finally:
                await self._give_back()
            if count := away.due(self._queue):
                _log.warning("queue_not_consumed", queue=self._queue, why=self.away, count=count, start="./lezzet up")
            await asyncio.sleep(_CONNECT_AGAIN)

    async def _until_lost(self) -> None:
        """Returns when the channel or its consumer has ended. Raises Unavailable."""
        channel = await self._connection.channel()
        lost = asyncio.Event()

        def gone(*_: object) -> None:
            lost.set()

        channel.close_callbacks.add(gone)
        with translated():
            async with asyncio.timeout(SECONDS):
                await channel.set_qos(self._prefetch)
                under = await channel.get_underlay_channel()
                # e.g. somebody has deleted the queue
                under.on_consumer_cancel_callbacks.add(gone)
                queue = await channel.get_queue(self._queue, ensure=False)
                await queue.consume(self._take)
        if not channel.is_closed:
            self.away = None
            _log.info("queue_consumed", queue=self._queue)
            await lost.wait()

    async def _take(self, message: AbstractIncomingMessage) -> None:
        delivery = _delivery(message)
        key = self._key(delivery)
        task = asyncio.create_task(self._after(self._last.get(key), delivery, message))
        self._tasks.add(task)
        self._last[key] = task
        task.add_done_callback(lambda done: self._forget(key, done))

    def _forget(self, key: str, done: "asyncio.Task[None]") -> None:
        self._tasks.discard(done)
        if self._last.get(key) is done:
            del self._last[key]

    async def _after(
        self, before: "asyncio.Task[None] | None", delivery: Delivery, message: AbstractIncomingMessage
    ) -> None:
        if before is not None:
            await asyncio.wait({before})
        await self._until_done(delivery)
        try:
            with translated():
                await message.ack()
        except Unavailable:
            pass  # it comes again

    async def _until_done(self, delivery: Delivery) -> None:
        tries = 0
        while True:
            try:
                return await self._handle(delivery)
            except Doubt as doubt:
                _log.info("delivery_put_off", queue=self._queue, message=delivery.id, why=str(doubt)[:200])
            except Exception:
                _log.exception("delivery_failed", queue=self._queue, message=delivery.id)
            await asyncio.sleep(_AGAIN[min(tries, len(_AGAIN) - 1)])
            tries += 1

    async def _give_back(self) -> None:
        """The server gives what is not done to the next consumer."""
        await asyncio.gather(*(end(task) for task in list(self._tasks)))
        await self._connection.lose()


def _delivery(message: AbstractIncomingMessage) -> Delivery:
    return Delivery(
        body=message.body, id=message.message_id or "", type=message.type or "", headers=dict(message.headers),
        reply_to=message.reply_to or "", correlation_id=str(message.correlation_id or ""),
        user_id=message.user_id or "",
    )  # fmt: skip
