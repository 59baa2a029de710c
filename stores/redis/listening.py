"""A subscription that is made again when it breaks, or when the server does not answer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError

from stores.ending import end
from stores.log_repeats import Drags
from stores.redis.taken_over import Said, TakenOver, take_over
from stores.telemetry import logger

BACKOFF_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)
IDLE_SECONDS = (
    2.0  # after so long without a message the server is pinged; after as long again the connection is given up
)
SUBSCRIBE_SECONDS = 3.0

_log = logger("stores.redis.listening")


class Listening:
    """Listens to one channel. hear: gets the bytes of each message, in the turn of the loop in which they come.

    catch_up: runs after every connect and reconnect, beside the first messages: it makes good what was missed before. May raise
    RedisError.
    """

    def __init__(
        self, client: Redis, channel: str, hear: Callable[[bytes], None], catch_up: Callable[[], Awaitable[None]]
    ) -> None:
        self._client = client
        self._channel = channel
        self._hear = hear
        self._catch_up = catch_up
        self._listener: asyncio.Task[None] | None = None
        self._tries = 0  # since it last listened
        self._drags = Drags()
        self.connected = False

    def start(self) -> None:
        self._listener = asyncio.create_task(self._listen_for_ever(), name=f"listening to {self._channel}")

    async def stop(self) -> None:
        if self._listener is not None:
            await end(self._listener)

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as error:
                self._drags = Drags() if self._tries == 0 else self._drags
                seconds = self._drags.due()
                if self._tries == 0 or seconds:
                    about = {"channel": self._channel, "error": type(error).__name__, "seconds": seconds}
                    _log.warning("nothing is heard for now, redis is away", **about)
                await asyncio.sleep(BACKOFF_SECONDS[min(self._tries, len(BACKOFF_SECONDS) - 1)])
                self._tries += 1

    async def _listen(self) -> None:
        """Until the connection breaks. Raises RedisError, OSError, TimeoutError."""
        messages = _Messages(self._hear)
        connection = await take_over(self._client, messages)
        try:
            connection.send([("SUBSCRIBE", self._channel)])
            async with asyncio.timeout(SUBSCRIBE_SECONDS):
                await messages.subscribed
            self._tries, self.connected = 0, True
            await self._catch_up()
            while await messages.came_within(IDLE_SECONDS) or await self._answers(connection, messages):
                pass
            raise TimeoutError
        finally:
            self.connected = False
            await connection.close()

    async def _answers(self, connection: TakenOver, messages: "_Messages") -> bool:
        """Whether the server does, to a ping."""
        connection.send([("PING",)])
        return await messages.came_within(IDLE_SECONDS)


class _Messages(asyncio.Protocol):
    """What comes over the connection. subscribed: done when the server has said so. Both waits raise RedisError where the
    connection ends."""

    def __init__(self, hear: Callable[[bytes], None]) -> None:
        loop = asyncio.get_running_loop()
        self.subscribed: asyncio.Future[None] = loop.create_future()
        self._ended: asyncio.Future[None] = loop.create_future()
        self._hear = hear
        self._said = Said()
        self._came = False

    async def came_within(self, seconds: float) -> bool:
        """After so many seconds: whether anything came in them."""
        self._came = False
        await asyncio.wait((self._ended,), timeout=seconds)
        if self._ended.done():
            self._ended.result()
        return self._came

    def data_received(self, data: bytes) -> None:
        self._came = True
        try:
            for said in self._said.heard(data):
                self._take(said)
        except RedisError as error:
            self._end(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(ConnectionLost("the server has closed the connection"))

    def _take(self, said: Any) -> None:
        if isinstance(said, RedisError):
            raise said
        if not isinstance(said, list):
            return  # the answer to a ping
        match cast(list[Any], said):
            case [b"message", _, bytes() as data]:
                self._hear(data)
            case [b"subscribe", *_] if not self.subscribed.done():
                self.subscribed.set_result(None)
            case _:
                pass

    def _end(self, error: RedisError) -> None:
        for future in (self.subscribed, self._ended):
            if not future.done():
                future.set_exception(error)
                future.exception()  # it may be that nobody waits for it
