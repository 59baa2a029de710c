"""`./lezzet` as it is typed, where it ends soon. A whole start is a journey: tests/journeys."""

import asyncio
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from infra.cli.commands import COMMANDS
from infra.cli.down import down
from infra.layout.folders import CHECKOUT, DataFolder
from infra.layout.ports import choose
from infra.process.identity import Mark, mark
from infra.stack.stack import Stack
from infra.supervision.supervisor import supervisor_of, take


def lezzet(*arguments: str) -> "subprocess.CompletedProcess[str]":
    argv = (str(CHECKOUT / "lezzet"), *arguments)
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(("program", "name"), [("redis", "redis"), ("edge-1", "edge"), ("agents-1", "agents_health")])
def test_a_port_in_use_is_one_line_at_once_and_nothing_stays_behind(data: DataFolder, program: str, name: str):
    port = choose(data.ports, free=True)[name]
    with socket.create_server(("127.0.0.1", port)):
        ended = lezzet("--data", str(data.root), "up", "--detach", "--only", "core")
    assert ended.returncode == 1
    assert "kafka is ready" not in ended.stdout
    assert ended.stderr == (
        f"lezzet up: {program}: port {port} ({name}) is in use by another program, "
        "choose others with --port-offset N or --free-ports\n"
    )
    assert supervisor_of(data) is None
    assert list(data.run.glob("*.json")) == []


def test_what_somebody_else_has_put_in_the_place_of_the_held_ports_is_named(
    data: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    place = tmp_path / f"lezzet-ports-{os.getuid()}"
    place.symlink_to(tmp_path / "elsewhere")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    ended = lezzet("--data", str(data.root), "up", "--free-ports")
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"lezzet up: {place} is needed to choose free ports and cannot be opened (")
    assert not (tmp_path / "elsewhere").exists()


def test_an_option_is_known_by_its_whole_name(data: DataFolder):
    ended = lezzet("--data", str(data.root), "up", "--det")
    assert ended.returncode == 2 and "unrecognized arguments: --det" in ended.stderr


@pytest.mark.parametrize("detach", [("--detach",), ()])
def test_a_bad_variable_is_named_before_anything_starts(
    data: DataFolder, detach: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LOG_LEVEL", "loud")
    ended = lezzet("--data", str(data.root), "up", "--free-ports", *detach)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "configuration: LOG_LEVEL: 'loud' is none of info, debug, warning, error\n"


async def test_up_of_what_is_up_starts_nothing(servers: Stack):
    ended = lezzet("--data", str(servers.site.data.root), "up", "--detach")
    assert ended.returncode == 0
    assert "is up already" in ended.stdout
    running = supervisor_of(servers.site.data)
    assert running is not None and mark(running.pid) == running


def test_a_second_up_changes_nothing_while_the_first_has_not_said_yet_who_it_is(data: DataFolder):
    choose(data.ports, free=True)
    kept = data.ports.read_text()
    lock = take(data)
    assert lock is not None
    try:
        ended = lezzet("--data", str(data.root), "up", "--detach", "--free-ports")
    finally:
        os.close(lock)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "is up already, or coming up" in ended.stdout
    assert data.ports.read_text() == kept


async def test_down_touches_nothing_of_an_up_that_has_not_said_yet_who_it_is(data: DataFolder):
    lock = take(data)
    assert lock is not None
    child = subprocess.Popen(("sleep", "600"), start_new_session=True)  # noqa: ASYNC220 - down ends it
    known = mark(child.pid)
    assert known is not None
    known.write(data.run / "sleeper.json")
    ending = asyncio.create_task(asyncio.to_thread(down, data))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(ending), 0.5)
    assert child.poll() is None and Mark.read(data.run / "sleeper.json") == known
    os.close(lock)  # it is killed, and leaves a child behind
    assert await ending
    assert child.wait(timeout=10) == -signal.SIGTERM


def test_down_of_nothing_is_no_failure(tmp_path: Path):
    ended = lezzet("--data", str(tmp_path / "none"), "down", "--purge")
    assert (ended.returncode, ended.stdout) == (0, f"nothing is up in {tmp_path / 'none'}\n")


def test_somebody_elses_folder_is_not_taken(tmp_path: Path):
    (tmp_path / "thesis.txt").touch()
    ended = lezzet("--data", str(tmp_path), "up")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"lezzet up: {tmp_path} holds other files: name an empty folder with --data\n"


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_each_command_has_its_help(command: str):
    ended = lezzet(command, "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"usage: ./lezzet {command}")


def test_an_unknown_command_is_answered_with_the_known_ones():
    ended = lezzet("upp")
    assert ended.returncode == 2
    assert "'upp'" in ended.stderr and "'up'" in ended.stderr


def test_no_command_is_answered_with_all_of_them():
    ended = lezzet()
    assert (ended.returncode, ended.stdout) == (2, "")
    assert all(f"  {command.name:8} {command.does}" in ended.stderr for command in COMMANDS)


def test_a_reader_that_has_seen_enough_is_no_failure(tmp_path: Path):
    command = (str(CHECKOUT / "lezzet"), "--data", str(tmp_path / "none"), "status", "--json")
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    finally:
        os.close(writer)
    assert "Traceback" not in ended.stderr and "Exception" not in ended.stderr
