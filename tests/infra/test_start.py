"""The order of a start, with small programs in the place of servers and agents."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import pytest

from infra.failure import CannotStart
from infra.layout.folders import DataFolder
from infra.layout.site import Site
from infra.process.health import Health
from infra.process.program import Program, Server
from infra.stack import start
from infra.stack.start import Size, Start
from infra.supervision.supervisor import take
from tests.infra.programs import program

Run = Callable[[], Awaitable[list[str]]]
"""What a start says, from its beginning until all is up."""


@pytest.fixture
def run(data: DataFolder, monkeypatch: pytest.MonkeyPatch) -> Run:
    async def done(*_: object, **__: object) -> str:
        return ""

    def no_servers(site: Site) -> list[Server]:
        return []

    def small_agents(site: Site, number: int) -> Program:
        return replace(program(data, f"agents-{number}"), health="http://agents.example/health/ready")

    def well(url: str) -> Health:
        return Health(0)

    def small_console(site: Site) -> Program:
        return program(data, "console")

    monkeypatch.setattr(start, "run", done)
    monkeypatch.setattr(start, "servers", no_servers)
    monkeypatch.setattr(start, "agents", small_agents)
    monkeypatch.setattr(start, "console", small_console)
    monkeypatch.setattr(start, "health_of", well)
    monkeypatch.setattr(start, "caught_up", done)

    async def run() -> list[str]:
        lock = take(data)
        assert lock is not None
        said, ups = list[str](), list[None]()

        def up() -> None:
            ups.append(None)
            os.kill(os.getpid(), signal.SIGTERM)

        size = Size(agents=1, edges=0, product=True, later=False)
        await asyncio.wait_for(Start(Site.make(data, free=True), size, said.append, lock).run(up), 60)
        assert len(ups) == 1
        return said

    return run


async def test_who_has_clients_at_work_already_is_up_though_always_a_little_behind(
    run: Run, monkeypatch: pytest.MonkeyPatch
):
    async def behind(healths: Sequence[str]) -> None:
        raise CannotStart("copies and views have not caught up within 60 s, see ./lezzet status")

    monkeypatch.setattr(start, "caught_up", behind)
    assert "goes on: copies and views have not caught up within 60 s, see ./lezzet status" in await run()


async def test_a_partition_that_stands_still_is_told_and_the_stack_is_up(run: Run, monkeypatch: pytest.MonkeyPatch):
    stands = "tally:3 of tally.decide, which stands still: newer code"

    def unwell(url: str) -> Health:
        return Health(0, (stands,), (stands,))

    monkeypatch.setattr(start, "health_of", unwell)
    assert f"agents-1 goes on without {stands}" in await run()
