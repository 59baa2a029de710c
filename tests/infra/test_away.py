"""What an engineer's command says to do where a server does not answer: it depends on what the supervisor knows of it."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from infra.layout.folders import SOCKET
from infra.stack.stack import CORE
from infra.supervision.control_server import ControlServer
from infra.supervision.supervisor import Supervisor
from replay.__main__ import main
from replay.away import process_of
from stores.elastic.errors import SERVER as ELASTIC
from stores.technologies import TECHNOLOGIES
from tests.infra.programs import program


@pytest_asyncio.fixture
async def up(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Supervisor]:
    """A stack whose brokers are not there, whatever its supervisor says."""
    monkeypatch.setenv("KAFKA_BROKERS", "127.0.0.1:1")
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.setenv("SUPERVISOR_SOCKET", str(supervisor.data.run / SOCKET))
    server = ControlServer(supervisor)
    await server.open()
    yield supervisor
    await server.close()


async def told(capsys: pytest.CaptureFixture[str]) -> str:
    assert await asyncio.to_thread(main, ["tail", "user_created"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("lezzet tail: no Kafka at 127.0.0.1:1 (KAFKA_BROKERS): ") and said.count("\n") == 1
    return said


async def test_a_server_that_was_stopped_is_to_be_started_alone(up: Supervisor, capsys: pytest.CaptureFixture[str]):
    await up.start(program(up.data, "kafka")).until_ready()
    await up.stop(["kafka"])
    said = await told(capsys)
    assert "start it with `./lezzet server start kafka`" in said and "lezzet up" not in said


async def test_of_a_server_that_starts_it_is_said_that_it_does(up: Supervisor, capsys: pytest.CaptureFixture[str]):
    up.expect(["kafka"], required=True)
    said = await told(capsys)
    assert "it is starting" in said and "start it with" not in said


async def test_of_a_stack_without_the_server_it_is_said(up: Supervisor, capsys: pytest.CaptureFixture[str]):
    assert "was started without it" in await told(capsys)


async def test_where_nothing_is_up_all_is_to_be_started(
    up: Supervisor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SUPERVISOR_SOCKET", str(up.data.run / "nobody"))
    assert "start it with `./lezzet up`" in await told(capsys)


@pytest.mark.parametrize("server", ["Kafka", "Redis", ELASTIC, *(each.server for each in TECHNOLOGIES)])
def test_each_server_is_named_as_the_supervisor_knows_it(server: str):
    assert process_of(server) in (*CORE, "elastic")
