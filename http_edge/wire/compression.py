"""Bodies of answers in fewer bytes, as the client takes them: zstd or gzip (RFC 9110, 12.5.3).

Small ones are compressed at once, which takes less than a change of threads. Large ones go to a thread; where too many wait
for it already, an answer goes out as it is, so that compression never holds up anybody.
"""

import asyncio
import gzip
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import cramjam

from http_edge.wire.answer import Answer
from http_edge.wire.preferences import weights

LEAST_BYTES = 1024  # below that it fits into a packet anyway
AT_ONCE_BYTES = 16 * 1024  # some 0.2 ms of the loop
MOST_BYTES = 4 * 2**20  # a larger one goes out as it is
MOST_WAITING = 8
THREADS = 1
GZIP_LEVEL, ZSTD_LEVEL = 4, 1

Coding = Literal["zstd", "gzip"]
CODINGS: tuple[Coding, ...] = ("zstd", "gzip")
"""The one that we would rather make first."""


def coding_of(header: str | None) -> Coding | None:
    """Of an `Accept-Encoding`; None: as it is. Where nothing that we have is acceptable, as it is, too."""
    if not header:
        return None
    named = weights(header)
    anything = named.get("*", 0.0)
    best = max(CODINGS, key=lambda coding: named.get(coding, anything))  # the first one, where they are alike
    weight = named.get(best, anything)
    return best if weight > 0 and weight >= named.get("identity", 0.0) else None


class Compression:
    """Of one edge process. skipped: large answers that went out as they are, since too many waited."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="compression")
        self._waiting = 0
        self.skipped = 0

    async def compressed(self, answer: Answer, header: str | None) -> Answer:
        """header: the request's `Accept-Encoding`. Not for answers that hold tokens: their length would tell of them."""
        if not LEAST_BYTES <= len(answer.body) <= MOST_BYTES:
            return answer
        headers = {"Vary": "Accept-Encoding", **(answer.headers or {})}
        coding = coding_of(header)
        body = None if coding is None else await self._body(answer.body, coding)
        if coding is None or body is None:
            return answer._replace(headers=headers)
        return answer._replace(body=body, headers={**headers, "Content-Encoding": coding})

    async def _body(self, body: bytes, coding: Coding) -> bytes | None:
        """None: too many wait."""
        if len(body) <= AT_ONCE_BYTES:
            return _compressed(body, coding)
        if self._waiting >= MOST_WAITING:
            self.skipped += 1
            return None
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, _compressed, body, coding)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _compressed(body: bytes, coding: Coding) -> bytes:
    if coding == "zstd":
        return bytes(cramjam.zstd.compress(body, level=ZSTD_LEVEL))
    return gzip.compress(body, GZIP_LEVEL, mtime=0)
