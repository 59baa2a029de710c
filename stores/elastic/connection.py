"""A connection to Elasticsearch: few calls at a time, each with an end, and none tried again by the driver."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import unquote, urlsplit, urlunsplit

from elasticsearch import AsyncElasticsearch

from stores.elastic.errors import SERVER, translated
from stores.errors import Unavailable

ANSWER = 10.0  # seconds
CALLS = 8  # under way in one process; more wait for their turn
WAITING = 64  # of these, at most
AWAY_SECONDS = 0.5
"""After a failure nobody is asked for so long: each asking would wait for its time-out."""


def connect(url: str) -> AsyncElasticsearch:
    """A client that opens nothing yet. url: http[s]://[user:password@]host:port."""
    said = urlsplit(url)
    host = f"[{said.hostname}]" if ":" in (said.hostname or "") else said.hostname
    port = said.port or (443 if said.scheme == "https" else 9200)
    secret = (unquote(said.username), unquote(said.password or "")) if said.username else None
    place = urlunsplit((said.scheme, f"{host}:{port}", said.path, "", ""))
    return AsyncElasticsearch(
        place,
        basic_auth=secret,
        connections_per_node=CALLS,
        request_timeout=ANSWER,
        max_retries=0,
        retry_on_timeout=False,
    )


class Connection:
    """Of one process. Every call goes through `asked`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: AsyncElasticsearch | None = None
        self._turns = asyncio.Semaphore(CALLS)
        self._waiting = 0
        self._away_until = 0.0

    @asynccontextmanager
    async def asked(self, seconds: float = ANSWER) -> AsyncGenerator[AsyncElasticsearch]:
        """The client, for one call that answers within `seconds`. Raises Unavailable."""
        now = asyncio.get_running_loop().time
        if now() < self._away_until:
            raise Unavailable(SERVER, "was away a moment ago")
        if self._waiting >= WAITING:
            raise Unavailable(SERVER, "too many wait for it")
        self._waiting += 1
        try:
            async with self._turns:
                with translated():
                    yield self._opened().options(request_timeout=seconds)
        except Unavailable:
            self._away_until = now() + AWAY_SECONDS
            raise
        finally:
            self._waiting -= 1

    def _opened(self) -> AsyncElasticsearch:
        if self._client is None:
            self._client = connect(self._url)
        return self._client

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None
