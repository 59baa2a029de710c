import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.failure import CannotStart
from infra.layout.folders import CHECKOUT, DataFolder
from infra.process import identity, spawn
from infra.process.health import health_of
from infra.process.identity import Mark
from infra.process.program import Program
from infra.supervision import supervisor as module
from infra.supervision.child import State
from infra.supervision.supervisor import Supervisor, supervisor_of
from tests.infra.programs import SLEEPS_ON_AT_SIGTERM, program, until, unwell

# A supervisor in a process of its own, to be killed.
ALONE = """
import asyncio, sys
from pathlib import Path
from infra.layout.folders import DataFolder
from infra.supervision.supervisor import Supervisor
from tests.infra.programs import program, SLEEPS, SLEEPS_ON_AT_SIGTERM

async def main():
    data = DataFolder(Path(sys.argv[1]))
    supervisor = Supervisor(data, print)
    await supervisor.open()
    for name, script in (("gentle", SLEEPS), ("stubborn", SLEEPS_ON_AT_SIGTERM)):
        await supervisor.start(program(data, name, script)).until_ready()
    print("up", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_child_that_dies_is_started_again_and_has_not_failed(supervisor: Supervisor):
    child = supervisor.start(program(supervisor.data))
    await child.until_ready()
    first = child.mark
    seen: list[State] = []

    def runs_again() -> bool:
        seen.append(child.state)
        return child.mark not in (None, first) and child.state is State.RUNNING

    child.send(signal.SIGKILL)
    await until(lambda: child.mark is None, "it is gone")
    await until(runs_again, "it runs again, as another")
    assert set(seen) == {State.STARTING, State.RUNNING}


async def test_a_child_that_was_stopped_stays_down_until_it_is_started(supervisor: Supervisor):
    child = supervisor.start(program(supervisor.data))
    await child.until_ready()
    stopped = child.mark
    await child.stop(signal.SIGKILL)
    assert (child.state, child.mark) == (State.STOPPED, None)
    assert not identity.alive(stopped)
    child.start()
    await child.until_ready()
    assert child.state is State.RUNNING


async def test_who_does_not_obey_is_killed_in_time(supervisor: Supervisor):
    child = supervisor.start(program(supervisor.data, script=SLEEPS_ON_AT_SIGTERM, patience=0.2))
    await child.until_ready()
    stubborn = child.mark
    await child.stop()
    assert not identity.alive(stubborn)


async def test_what_never_gets_ready_is_told_with_its_last_words(supervisor: Supervisor):
    dying = program(supervisor.data, script="import sys; sys.exit('no such topping')")
    with pytest.raises(CannotStart, match="keeps dying: no such topping"):
        await supervisor.start(dying).until_ready()
    assert supervisor.children["sleeper"].state is State.FAILED


async def test_what_is_not_ready_in_time_is_told_with_what_it_lacks(supervisor: Supervisor):
    child = supervisor.start(unwell(supervisor.data))
    await until(lambda: bool(health_of(child.program.health).lacks), "it answers")
    with pytest.raises(CannotStart, match="unwell is not ready after 0 s: it lacks kafka, view basket "):
        await child.until_ready()


async def test_a_second_supervisor_is_refused(supervisor: Supervisor):
    with pytest.raises(CannotStart, match="another supervisor runs"):
        await Supervisor(supervisor.data, print).open()


async def test_children_of_a_killed_supervisor_are_gone_or_replaced(data: DataFolder):
    alone = subprocess.Popen(  # noqa: ASYNC220 - it is killed, and asyncio's watcher would be first to know
        (sys.executable, "-c", ALONE, str(data.root)),
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
    )
    assert alone.stdout
    assert alone.stdout.readline() == b"up\n"
    assert supervisor_of(data) is not None
    gentle, stubborn = (Mark.read(data.run / f"{name}.json") for name in ("gentle", "stubborn"))
    alone.kill()
    alone.communicate()
    await until(lambda: not identity.alive(gentle), "a child hears from the kernel that its supervisor is gone")
    assert supervisor_of(data) is None
    assert identity.alive(stubborn)

    said: list[str] = []
    successor = Supervisor(data, said.append)
    await successor.open()
    assert not identity.alive(stubborn)
    assert "stubborn" in said[0] and "outlived its supervisor" in said[0]
    await successor.close()


async def test_closing_leaves_nothing(data: DataFolder):
    supervisor = Supervisor(data, lambda line: None)
    await supervisor.open()
    marks: list[Mark | None] = []
    for name in ("one", "two"):
        child = supervisor.start(program(data, name))
        await child.until_ready()
        marks.append(child.mark)
    await supervisor.close()
    assert not any(identity.alive(mark) for mark in marks)
    assert sorted(path.name for path in data.run.glob("*.json")) == []


async def test_the_log_of_the_supervisor_itself_is_cut_too(data: DataFolder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "TEND_EVERY", 0.01)
    monkeypatch.setattr(spawn, "LOG_AT_MOST", 100)
    log = data.logs / "supervisor.log"
    log.write_text("x" * 101)
    supervisor = Supervisor(data, lambda line: None)
    await supervisor.open()
    await until(lambda: log.stat().st_size == 0, "it begins anew")
    assert log.with_suffix(".log.1").read_text() == "x" * 101
    await supervisor.close()


async def test_logs_are_cut_on_though_a_child_was_started_meanwhile(data: DataFolder, monkeypatch: pytest.MonkeyPatch):
    supervisor, looked = Supervisor(data, lambda line: None), list[Path]()

    def trim(log: Path) -> None:
        looked.append(log)
        if len(looked) == 1:
            supervisor.children["late"] = supervisor.children["one"]

    monkeypatch.setattr(module, "TEND_EVERY", 0.01)
    monkeypatch.setattr(module, "trim", trim)
    await supervisor.open()
    await supervisor.start(program(data, "one")).until_ready()
    await until(lambda: len(looked) > 3, "it looks again and again")
    await supervisor.close()


class _Unprepared:
    name = "elastic"
    required = False

    async def install(self) -> None: ...

    async def prepare(self) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "config")

    def program(self) -> Program:
        raise AssertionError("it is not prepared")


async def test_a_server_for_whose_files_there_is_no_room_has_failed_and_says_why(supervisor: Supervisor):
    supervisor.expect(("elastic",), required=False)
    with pytest.raises(CannotStart, match=r"^elastic: .*No space left on device: 'config'$"):
        await supervisor.start_server(_Unprepared())
    assert supervisor.state("elastic") is State.FAILED


def test_what_is_expected_counts_as_starting_and_what_was_refused_as_failed(data: DataFolder):
    supervisor = Supervisor(data, lambda line: None)
    supervisor.expect(("agents-1", "rabbit"), required=True)
    supervisor.refused.add("rabbit")
    assert [supervisor.state(name) for name in supervisor.expected] == [State.STARTING, State.FAILED]
