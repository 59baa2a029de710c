import asyncio
import json
import signal
import socket
import tempfile
import threading
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from infra.__main__ import main
from infra.cli import status
from infra.failure import CannotStart
from infra.layout.folders import DataFolder
from infra.process.health import health_of
from infra.stack.stack import CORE, Stack
from infra.supervision import control
from infra.supervision.child import State
from infra.supervision.control_server import ControlServer
from infra.supervision.supervisor import Supervisor
from tests.infra.programs import program, until, unwell

ENDPOINTS = {
    "console",
    "edge",
    "kafka",
    "postgres",
    "redis",
    "redis_baskets",
    "mobile",
    "mongo",
    "rabbit",
    "elastic",
    "smtp",
    "mail",
    "provider",
}


def test_a_supervisor_that_ends_before_it_answers_is_told(data: DataFolder):
    with socket.socket(socket.AF_UNIX) as listener:
        with control.socket_address(data) as address:
            listener.bind(address)
        listener.listen()
        ended = threading.Thread(target=lambda: listener.accept()[0].close())
        ended.start()
        with pytest.raises(CannotStart, match="the supervisor ended"):
            control.stop(data, "kafka" * 100_000)  # more than the connection holds: it ends while this is sent
        ended.join()


@pytest_asyncio.fixture
async def controlled(supervisor: Supervisor) -> AsyncGenerator[Supervisor]:
    server = ControlServer(supervisor)
    await server.open()
    await supervisor.start(program(supervisor.data)).until_ready()
    yield supervisor
    await server.close()


async def test_one_process_is_stopped_and_started_by_name(controlled: Supervisor):
    child = controlled.children["sleeper"]
    await asyncio.to_thread(control.stop, controlled.data, "sleeper", signal.SIGKILL)
    assert child.state is State.STOPPED
    await asyncio.to_thread(control.start, controlled.data, "sleeper")
    assert child.state is State.RUNNING


async def test_a_killed_process_comes_back_by_itself(controlled: Supervisor):
    before = controlled.children["sleeper"].mark
    await asyncio.to_thread(control.kill, controlled.data, "sleeper")
    child = controlled.children["sleeper"]
    await until(lambda: child.mark not in (None, before) and child.state is State.RUNNING, "it runs again")


async def test_states_are_told(controlled: Supervisor):
    (told,) = await asyncio.to_thread(control.states, controlled.data)
    mark = controlled.children["sleeper"].mark
    assert mark is not None
    assert told == {"name": "sleeper", "pid": mark.pid, "state": "running", "required": True, "health": ""}


async def test_an_unknown_name_is_answered_with_the_known_ones(controlled: Supervisor):
    with pytest.raises(CannotStart, match=r"no process is named kafak\. There are: sleeper"):
        await asyncio.to_thread(control.stop, controlled.data, "kafak")


@pytest.mark.parametrize("action", ["stop", "start", "kill"])
async def test_a_wrong_name_is_one_line_with_the_right_ones_and_exit_code_2(
    controlled: Supervisor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, action: str
):
    monkeypatch.setenv("LEZZET_DATA", str(controlled.data.root))
    assert await asyncio.to_thread(main, ["server", action, "kafak"]) == 2
    assert capsys.readouterr().err == "lezzet server: no process is named kafak. There are: sleeper\n"


async def test_a_long_path_is_no_obstacle():
    with tempfile.TemporaryDirectory() as folder:
        data = DataFolder(Path(folder) / ("d" * 120))
        data.make()
        supervisor = Supervisor(data, print)
        await supervisor.open()
        server = ControlServer(supervisor)
        await server.open()
        assert await asyncio.to_thread(control.states, data) == []
        await server.close()
        await supervisor.close()


async def test_a_supervisor_that_does_not_answer_is_one_line(tmp_path: Path):
    data = DataFolder(tmp_path)
    data.make()
    with socket.socket(socket.AF_UNIX) as silent, control.socket_address(data) as address:
        silent.bind(address)
        silent.listen()
        with pytest.raises(CannotStart, match=r"the supervisor of .* has not answered within 0 s"):
            await asyncio.to_thread(control.ask, data, {"do": "states"}, 0.1)


async def test_status_says_what_a_process_lacks(controlled: Supervisor, capsys: pytest.CaptureFixture[str]):
    child = controlled.start(unwell(controlled.data))
    await until(lambda: bool(health_of(child.program.health).lacks), "it answers")
    shown = {"name": "unwell", "pid": child.mark and child.mark.pid, "state": "starting"}
    said = {"lag": 7, "lacks": ["kafka", "view basket"]}
    root = str(controlled.data.root)
    assert await asyncio.to_thread(status.main, ["--json", "--data", root]) == 1
    assert json.loads(capsys.readouterr().out)["processes"][-1] == shown | said
    await asyncio.to_thread(status.main, ["--data", root])
    assert "lag 7  lacks kafka, view basket\n" in capsys.readouterr().out


def test_nothing_up_is_one_line_and_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert status.main(["--json", "--data", str(tmp_path / "none")]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out) == {"processes": [], "endpoints": {}}
    assert said.err == f"nothing is up in {tmp_path / 'none'}, start it with ./lezzet up\n"
    assert not (tmp_path / "none").exists()


async def test_status_has_the_agreed_form(servers: Stack, capsys: pytest.CaptureFixture[str]):
    code = await asyncio.to_thread(status.main, ["--json", "--data", str(servers.site.data.root)])
    told = json.loads(capsys.readouterr().out)
    assert code == 0, told
    assert {process["name"]: process["state"] for process in told["processes"]} == dict.fromkeys(CORE, "running")
    assert all(set(process) == {"name", "pid", "state"} for process in told["processes"])
    assert set(told["endpoints"]) == ENDPOINTS
    assert told["endpoints"]["redis"] == servers.endpoints.redis
