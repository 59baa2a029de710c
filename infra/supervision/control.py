"""Tells a running supervisor what to do with one of its processes. Blocking; fault drivers and ./lezzet use it."""

import json
import os
import signal as signals
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.failure import CannotStart, NoSuchName
from infra.layout.folders import SOCKET, DataFolder


@contextmanager
def socket_address(data: DataFolder) -> Generator[str]:
    """A name of the socket that fits into the 108 bytes of a socket's address, however long the folder's path is."""
    folder = os.open(data.run, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET}"
    finally:
        os.close(folder)


WITHIN = 240.0  # seconds for an answer: what is started answers when it is ready (Program.start_within)


def ask(data: DataFolder | Path, request: dict[str, Any], within: float = WITHIN) -> dict[str, Any]:
    """The supervisor's answer. Raises CannotStart: nothing is up, there was no answer, or the reason why it was refused;
    NoSuchName where the request names a process that there is not."""
    data = data if isinstance(data, DataFolder) else DataFolder(data)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(within)
        try:
            with socket_address(data) as address:
                client.connect(address)
        except OSError:
            raise CannotStart(f"nothing is up in {data.root}, start it with ./lezzet up") from None
        try:
            client.sendall(json.dumps(request).encode() + b"\n")
            with client.makefile("rb") as answers:
                said = answers.readline()
        except TimeoutError:
            raise CannotStart(f"the supervisor of {data.root} has not answered within {within:.0f} s") from None
        except OSError:  # it has closed the connection
            said = b""
    answer: dict[str, Any] = json.loads(said or b'{"error": "the supervisor ended"}')
    if "error" in answer:
        raise (
            NoSuchName(answer["error"]) if answer.get("exit code") == NoSuchName.code else CannotStart(answer["error"])
        )
    return answer


def stop(data: DataFolder | Path, name: str, signal: int | None = None) -> None:
    """Returns when the process is gone, and it stays down. SIGKILL: a crash. None: as it likes to be stopped."""
    ask(data, {"do": "stop", "name": name, "signal": signal})


def start(data: DataFolder | Path, name: str, *, wait: bool = True) -> None:
    """Starts one that was stopped; returns when it is ready, or at once with wait=False."""
    ask(data, {"do": "start", "name": name, "wait": wait})


def send(data: DataFolder | Path, name: str, signal: int) -> None:
    """Only the signal, to the process and its descendants: SIGSTOP and SIGCONT make a zombie of a worker."""
    ask(data, {"do": "signal", "name": name, "signal": signal})


def kill(data: DataFolder | Path, name: str) -> None:
    """A crash: the supervisor starts it again by itself."""
    send(data, name, signals.SIGKILL)


def states(data: DataFolder | Path) -> list[dict[str, Any]]:
    """[{"name", "pid", "state", "required", "health"}] of every process, in the order of their start."""
    processes: list[dict[str, Any]] = ask(data, {"do": "states"})["processes"]
    return processes
