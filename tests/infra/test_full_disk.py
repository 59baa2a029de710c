"""A full disk: what is supervised lives on or is tried again, and is kept alive as before when there is room."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from infra.layout.folders import CHECKOUT, DataFolder
from infra.layout.ports import taken
from infra.mailbox.store import MailStore
from infra.process import spawn
from infra.process.identity import Mark
from infra.supervision.child import Child, State
from infra.supervision.supervisor import Supervisor
from stores.mail import Deferred, Mail
from stores.mail.smtp import Mailer
from tests.infra.programs import free_port, program, until

# It writes no file, which a full disk would not take either.
_SLEEPS = "import time; time.sleep(600)"


@pytest.fixture
def small(tmp_path: Path) -> Generator[Path]:
    """A file system of 64 KiB. Only root can have one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder))
    if os.geteuid() != 0 or shutil.which("mount") is None or subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("no file system of a size can be mounted here")
    yield folder
    subprocess.run(("umount", str(folder)), check=True)


def _fill(folder: Path) -> None:
    with (folder / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"x" * 4096)
        except OSError:
            return


@asynccontextmanager
async def _mailbox(folder: Path) -> AsyncGenerator[int]:
    """The development mail server with its mails in this folder. Gives the port of its SMTP."""
    smtp, page = free_port(), free_port()
    argv = (sys.executable, "-m", "infra.mailbox", "--folder", str(folder))
    ports = ("--smtp-port", str(smtp), "--page-port", str(page))
    served = await asyncio.create_subprocess_exec(*argv, *ports, cwd=CHECKOUT)
    try:
        await until(lambda: taken(page), "the mail server comes up")
        yield smtp
    finally:
        served.terminate()
        await served.wait()


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _child(supervisor: Supervisor) -> Child:
    async def ready() -> bool:
        return True

    return supervisor.start(replace(program(supervisor.data, script=_SLEEPS), ready=ready))


async def _again(child: Child, first: Mark | None) -> None:
    await until(lambda: child.mark not in (None, first) and child.state is State.RUNNING, "it runs again, as another")


@asynccontextmanager
async def _supervised(data: DataFolder) -> AsyncGenerator[tuple[Child, list[str]]]:
    """A child that runs, and what the supervisor says."""
    said: list[str] = []
    supervisor = Supervisor(data, said.append)
    await supervisor.open()
    try:
        child = _child(supervisor)
        await child.until_ready()
        await until(lambda: Mark.read(data.run / "sleeper.json") == child.mark, "its record is written")
        yield child, said
    finally:
        await supervisor.close()


async def test_a_child_that_dies_on_a_full_disk_is_started_again_and_recorded_when_there_is_room(small: Path):
    data = DataFolder(small)
    data.make()
    async with _supervised(data) as (child, said):
        first = child.mark
        (data.run / "sleeper.json").unlink()  # else its place on the disk would be free for the next one
        _fill(small)
        child.send(signal.SIGKILL)
        await _again(child, first)
        second = child.mark
        await until(lambda: any("No space left on device" in line for line in said), "it is told")
        (small / "filler").unlink()
        await until(lambda: Mark.read(data.run / "sleeper.json") == second, "its record is written")
        child.send(signal.SIGKILL)
        await _again(child, second)


def test_a_log_that_fills_the_disk_is_cut(small: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spawn, "LOG_AT_MOST", 1000)
    log = small / "kafka.log"
    log.write_text("x" * 2000)
    _fill(small)
    spawn.trim(log)
    assert log.stat().st_size == 0
    assert _files(small) == ["filler", "kafka.log"]


@pytest.mark.parametrize("barred", ["run/sleeper.new", "logs/sleeper.log"])
async def test_a_file_that_cannot_be_written_ends_no_keeper(data: DataFolder, barred: str):
    """A folder stands where the file should be, so that writing it raises an OSError for everybody, root too."""
    async with _supervised(data) as (child, said):
        first, path = child.mark, data.root / barred
        path.unlink(missing_ok=True)
        path.mkdir()
        child.send(signal.SIGKILL)
        await until(lambda: any("directory" in line for line in said), "it is told")
        path.rmdir()
        await _again(child, first)
        second = child.mark
        await until(lambda: Mark.read(data.run / "sleeper.json") == second, "its record is written")


@pytest.mark.parametrize(
    ("detach", "told"), [((), "No space left on device"), (("--detach",), "said nothing: is the disk full?")]
)
def test_a_start_on_a_full_disk_ends_with_one_line(small: Path, detach: tuple[str, ...], told: str):
    data = DataFolder(small)
    data.make()
    os.close(os.open(data.run / "supervisor.lock", os.O_CREAT))
    _fill(small)
    argv = (str(CHECKOUT / "lezzet"), "--data", str(small), "up", "--free-ports", *detach)
    ended = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert told in ended.stderr and ended.stderr.count("\n") == 1


async def test_a_mail_for_which_there_is_no_room_comes_later(small: Path):
    async with _mailbox(small) as port:
        mailer = Mailer(f"smtp://127.0.0.1:{port}", connections=1)
        mail = Mail(id="event-1", to="ayse@example.com", subject="Hoş geldiniz", text="x" * 5000, html="<p>x</p>")
        _fill(small)
        with pytest.raises(Deferred, match="452 not kept: No space left on device"):
            await mailer.send(mail)
        assert _files(small) == ["filler"]
        (small / "filler").unlink()
        await mailer.send(mail)
        mailer.close()
    assert [kept.to for kept in MailStore(small).all()] == ["ayse@example.com"]
