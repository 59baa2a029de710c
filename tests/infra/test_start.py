"""The order of a start, with small programs in the place of servers and agents."""

import asyncio
import os
import signal
from collections.abc import Sequence

import pytest

from infra.failure import CannotStart
from infra.layout.folders import DataFolder
from infra.layout.site import Site
from infra.process.program import Program, Server
from infra.stack import start
from infra.stack.start import Size, Start
from infra.supervision.supervisor import take
from tests.infra.programs import program


async def test_who_has_clients_at_work_already_is_up_though_always_a_little_behind(
    data: DataFolder, monkeypatch: pytest.MonkeyPatch
):
    async def behind(healths: Sequence[str]) -> None:
        raise CannotStart("copies and views have not caught up within 60 s, see ./lezzet status")

    async def done(*_: object, **__: object) -> str:
        return ""

    def no_servers(site: Site) -> list[Server]:
        return []

    def small_agents(site: Site, number: int) -> Program:
        return program(data, f"agents-{number}")

    def small_console(site: Site) -> Program:
        return program(data, "console")

    monkeypatch.setattr(start, "caught_up", behind)
    monkeypatch.setattr(start, "run", done)
    monkeypatch.setattr(start, "servers", no_servers)
    monkeypatch.setattr(start, "agents", small_agents)
    monkeypatch.setattr(start, "console", small_console)
    lock = take(data)
    assert lock is not None
    said, ups = list[str](), list[None]()
    size = Size(agents=1, edges=0, product=True, later=False)

    def up() -> None:
        ups.append(None)
        os.kill(os.getpid(), signal.SIGTERM)

    await asyncio.wait_for(Start(Site.make(data, free=True), size, said.append, lock).run(up), 60)
    assert len(ups) == 1
    assert "goes on: copies and views have not caught up within 60 s, see ./lezzet status" in said
