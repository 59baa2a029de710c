"""Processes by their identity: a pid alone is given to somebody else sooner or later."""

import contextlib
import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mark:
    """One process for ever: pid, start time in clock ticks since boot, and which boot."""

    pid: int
    started: int
    boot: str

    def write(self, path: Path) -> None:
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(asdict(self)) + "\n")
        beside.rename(path)

    @staticmethod
    def read(path: Path) -> "Mark | None":
        try:
            return Mark(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            return None  # gone, or half a file of a full disk: either way it names nobody


def mark(pid: int) -> Mark | None:
    """None where it is gone. A zombie is gone too: it does nothing any more, only its parent has not looked yet."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] in "ZX":
        return None
    return Mark(pid, int(fields[19]), _boot())


def alive(known: Mark | None) -> bool:
    return known is not None and mark(known.pid) == known


def session(leader: Mark) -> list[int]:
    """Pids of this process and of the session that it led, also after its own end. One that was started from a shell without
    a session of its own is alone."""
    if leader.boot != _boot():
        return []  # whoever has these numbers since the machine was restarted is somebody else
    now = mark(leader.pid)
    if now is not None and now != leader:
        return []  # the number has a new owner, so the old session is empty
    led = [pid for pid in _pids() if _session_of(pid) == leader.pid and mark(pid) is not None]
    return led if now is None or leader.pid in led else [leader.pid, *led]


def signal_session(leader: Mark, number: int) -> None:
    for pid in session(leader):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def end(leader: Mark, first: int = signal.SIGTERM, patience: float = 8.0) -> None:
    """Blocks until the whole session is gone: `first` to the leader, SIGKILL to all after `patience` seconds."""
    if alive(leader):
        with contextlib.suppress(ProcessLookupError):
            os.kill(leader.pid, first)
    deadline = time.monotonic() + patience
    while session(leader):
        if time.monotonic() > deadline or not alive(leader):
            signal_session(leader, signal.SIGKILL)
        time.sleep(0.02)


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return 0
