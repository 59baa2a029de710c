"""Sends callbacks, signed, until they are taken: one after the other, so that the order is the one that was meant."""

import asyncio
import random
import time

import aiohttp

from infra.provider.bank import Bank
from infra.provider.books import Books, Callback
from topics.values.signatures import HEADER, sign

AT_ONCE = 100
TIMEOUT = 10.0
FIRST, LONGEST = 0.5, 60.0  # seconds between two tries
SLEEP = 60.0


class Caller:
    """url: where callbacks go; None: they wait. key: signs them."""

    def __init__(self, books: Books, url: str | None, key: bytes) -> None:
        self._books = books
        self._url = url
        self._key = key
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def run(self, bank: Bank) -> None:
        """Until it is cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session:
            while True:
                self._woken.clear()
                now = time.time()
                bank.go_on(now)
                if self._url is not None and not self._books.down:
                    for callback in self._books.callbacks(now, AT_ONCE):
                        await self._send(session, self._url, callback)
                await self._rest()

    async def _rest(self) -> None:
        due = self._books.next_due()
        waits = self._url is None or self._books.down
        left = SLEEP if due is None else max(due - time.time(), FIRST if waits else 0)
        try:
            async with asyncio.timeout(min(left, SLEEP)):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _send(self, session: aiohttp.ClientSession, url: str, callback: Callback) -> None:
        for _ in range(callback.copies):
            if await self._taken(session, url, callback):
                self._books.heard(callback)
            elif time.time() > callback.until:
                self._books.forget(callback)
                return
            else:
                self._books.again(callback, time.time() + wait(callback.tries))
                return

    async def _taken(self, session: aiohttp.ClientSession, url: str, callback: Callback) -> bool:
        body = callback.body.encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": callback.id,
            HEADER: sign(self._key, int(time.time()), body),
        }
        try:
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                return 200 <= answer.status < 300
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False


def wait(tries: int) -> float:
    """Seconds after so many tries: twice as long after each, up to LONGEST; of that between a half and all."""
    return min(FIRST * 2 ** min(tries, 20), LONGEST) * (0.5 + random.random() / 2)  # noqa: S311 - no secret
