"""What the commands are given: the addresses, and the servers opened when a command asks for them."""

import gc
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from stores.elastic.connection import Connection
from stores.elastic.documents import Documents
from stores.engineering import Domains
from stores.kafka.log import LogReader, open_log
from stores.kafka.raw import RawProducer, open_raw
from stores.logs.index import LogIndex
from stores.redis.connection import connect
from stores.redis.documents import ViewDocuments
from stores.redis.fates import Fates
from stores.redis.floors import ViewFloors
from stores.redis.generations import ViewGenerations
from stores.redis.replies import Replies
from stores.settings import Settings
from stores.technologies import open_domains

_COLLECTS = (50_000, 20, 20)  # thresholds of the garbage collector; Python's own are 700, 10, 10


@dataclass(frozen=True, slots=True)
class Tools:
    settings: Settings

    def log(self, *, follows: bool = False) -> AbstractAsyncContextManager[LogReader]:
        """follows: see stores.kafka.log.open_log."""
        return open_log(self.settings.kafka, follows=follows)

    def producer(self) -> AbstractAsyncContextManager[RawProducer]:
        return open_raw(self.settings.kafka)

    def domains(self) -> AbstractAsyncContextManager[Domains]:
        return open_domains(self.settings)

    @asynccontextmanager
    async def logs(self) -> AsyncGenerator[LogIndex]:
        documents = Documents(Connection(self.settings.elastic))
        try:
            yield LogIndex(documents, self.settings.log_days)
        finally:
            await documents.close()

    @asynccontextmanager
    async def view_floors(self) -> AsyncGenerator[ViewFloors]:
        async with aclosing(connect(self.settings.redis)) as redis:
            yield ViewFloors(redis)

    @asynccontextmanager
    async def view_generations(self) -> AsyncGenerator[ViewGenerations]:
        async with aclosing(connect(self.settings.redis)) as redis:
            yield ViewGenerations(redis)

    @asynccontextmanager
    async def view_documents(self) -> AsyncGenerator[ViewDocuments]:
        async with aclosing(connect(self.settings.redis)) as redis:
            yield ViewDocuments(redis)

    @asynccontextmanager
    async def fates(self) -> AsyncGenerator[Fates]:
        async with aclosing(connect(self.settings.redis)) as redis:
            yield Fates(redis)

    @asynccontextmanager
    async def replies(self) -> AsyncGenerator[Replies]:
        async with aclosing(connect(self.settings.redis)) as redis:
            yield Replies(redis)


def collect_seldom() -> None:
    """From here on Python looks for reference cycles seldom. A reading makes objects by the hundred thousand, and hardly any
    cycle; what stands already need not be looked at at all."""
    gc.freeze()
    gc.set_threshold(*_COLLECTS)


@contextmanager
def collecting_nothing() -> Generator[None]:
    """For work that makes very many objects, keeps them to its end, and makes no cycles: to look at each of them once takes a
    tenth of the time of `decide`."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def address(url: str) -> str:
    """Host and port, without credentials. Of several hosts, all: hostname and port could not be told apart."""
    return urlsplit(url).netloc.rpartition("@")[2]


def say(line: str = "") -> None:
    """Flushed: whoever follows a topic reads it through a pipe, too."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def say_beside(line: str) -> None:
    """On stderr: what happens meanwhile, where stdout is one JSON document."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def say_json(data: object) -> None:
    say(msgspec.json.encode(data).decode())


class Answer(Protocol):
    """What a question is answered with: for programs, and for people."""

    def data(self) -> dict[str, Any]: ...
    def lines(self) -> list[str]: ...


def say_answer(found: Answer, *, as_json: bool) -> None:
    if as_json:
        say_json(found.data())
    else:
        for line in found.lines():
            say(line)
