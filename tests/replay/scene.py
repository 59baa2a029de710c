"""What the tests of the engineers' tools do to the servers: publish anything, run a domain, wait, give a command."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from infra.layout.folders import CHECKOUT
from infra.stack.stack import Stack
from replay.__main__ import parsed
from replay.failure import CannotDo
from replay.tools import Tools
from stores.kafka.log import Logged
from stores.kafka.raw import RawRecord
from topics.messages import headers


@dataclass(frozen=True)
class Desk:
    """An engineer's desk: `out` of the last command is what it printed."""

    tools: Tools
    capsys: pytest.CaptureFixture[str]

    async def run(self, *arguments: str) -> tuple[int, str]:
        """(exit code, what was printed). A command that cannot be done: 1 and its one line."""
        self.capsys.readouterr()
        _, run, said = parsed(arguments)
        try:
            code = await run(self.tools, said)
        except CannotDo as error:
            return error.code, str(error)
        return code, self.capsys.readouterr().out

    async def publish(self, *records: RawRecord) -> list[tuple[int, int]]:
        async with self.tools.producer() as producer:
            return [await producer.send(record) for record in records]

    async def all_of(self, topic: str, key: str | None = None) -> list[Logged]:
        """What stands in a topic (of one key), by partition and offset."""
        async with self.tools.log() as log:
            bounds = await log.bounds(log.places([topic]))
            starts, ends = {p: b.first for p, b in bounds.items()}, {p: b.end for p, b in bounds.items()}
            found = [r async for chunk in log.read(starts, ends) for r in chunk]
        wanted = [r for r in found if key is None or r.key == key.encode()]
        return sorted(wanted, key=lambda r: (r.partition, r.offset))


def record(topic: str, key: str | None, body: bytes | None, **named: str) -> RawRecord:
    """named: our headers without their prefix, e.g. id, type, correlationid."""
    found = [(f"ce_{name}", value.encode()) for name, value in named.items()]
    return RawRecord(topic, None if key is None else key.encode(), found, body)


def dead(topic: str, key: str | None, body: bytes | None, *raw: tuple[str, bytes], id: str, **about: str) -> RawRecord:
    """A dead letter as the runtime writes it. raw: the original headers."""
    said = {
        headers.DLQ_REASON: "because", headers.DLQ_TOPIC: topic, headers.DLQ_PARTITION: "0", headers.DLQ_OFFSET: "7",
        headers.DLQ_TIME: "2026-03-01T18:30:00+00:00", headers.DLQ_ID: id, headers.DLQ_SOURCE: f"kafka/{topic}",
        headers.DLQ_GROUP: "user.decide",
    } | {f"dlq_{name}": value for name, value in about.items()}  # fmt: skip
    found = [*raw, *((name, value.encode()) for name, value in said.items())]
    return RawRecord(f"{topic}_dlq", None if key is None else key.encode(), found, body)


@asynccontextmanager
async def running(
    servers: Stack, *module: str, level: str = "error", log: Any = None, more: Mapping[str, str] | None = None
) -> AsyncGenerator[None]:
    """`python -m module...` on these servers: a process of its own, since Faust's threads outlive their groups.

    log: a file for what it says, the tests' own otherwise. more: of its environment.
    """
    environment = servers.environment() | {"AGENTS_HEALTH_PORT": "0", "LOG_LEVEL": level} | dict(more or {})
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *module, env=environment, cwd=CHECKOUT, stderr=log
    )
    try:
        yield
        assert process.returncode is None, f"{module} ended by itself: {process.returncode}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()  # bounded: it ends itself 8 s after SIGTERM at the latest
