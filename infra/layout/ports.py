"""Which port each server has. Chosen once for a data folder and kept in its ports.json."""

import fcntl
import json
import os
import random
import socket
import tempfile
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path

import psutil

from infra.failure import CannotStart
from infra.layout.versions import BLOCKS, PORTS

# Below the range from which Linux takes ports for outgoing connections: a server that is stopped for a moment would
# find its port taken by somebody's client socket.
FREE_FROM, FREE_TO = 20000, 32000

Ports = Mapping[str, int]

_held: dict[Path, list[range]] = {}
"""By the file where they are kept: free ports that this process has chosen. Most of a stack's servers start long after that, or
are stopped for a while, and nobody else may choose these ports meanwhile."""


def choose(kept: Path, *, offset: int | None = None, free: bool = False) -> Ports:
    """The ports of this data folder, written to `kept`. Raises CannotStart for an offset that leaves 1-65535, and where they
    cannot be written."""
    if free:
        ports: Ports = _free(kept)
    elif offset is not None:
        ports = {name: port + offset for name, port in PORTS.items()}
        if not all(0 < port <= 65535 - max(BLOCKS.values()) for port in ports.values()):
            raise CannotStart(f"--port-offset {offset} leads to ports outside of 1-65535")
    else:
        ports = read(kept)
    try:
        _keep(kept, json.dumps(ports, indent=1) + "\n")
    except OSError as error:
        raise CannotStart(f"{kept} cannot be written: {error.strerror}") from None
    return ports


def _keep(kept: Path, text: str) -> None:
    """Whole or not at all: a kill or a full disk leaves the choice of before."""
    if kept.exists() and kept.read_text() == text:
        return
    beside = kept.with_suffix(".new")
    beside.write_text(text)
    beside.rename(kept)


def read(kept: Path) -> Ports:
    """What was chosen; a name that was added to the product since then has its default."""
    try:
        return {**PORTS, **json.loads(kept.read_text())}
    except FileNotFoundError:
        return dict(PORTS)
    except ValueError:
        raise CannotStart(f"{kept} is not JSON: remove it, or choose ports anew with --free-ports") from None


def require_free(program: str, wanted: Iterable[tuple[str, int]], sisters: Collection[int] = ()) -> None:
    """Raises CannotStart naming the first port that somebody else has. sisters: pids of processes that may have it, too."""
    for name, port in wanted:
        if taken(port) and not _only_of(sisters, port):
            raise CannotStart(
                f"{program}: port {port} ({name}) is in use by another program, "
                "choose others with --port-offset N or --free-ports"
            )


def taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _only_of(pids: Collection[int], port: int) -> bool:
    """Whether these processes listen there, and nobody else, as far as the kernel tells us."""
    listening = [each for each in psutil.net_connections("tcp") if each.status == psutil.CONN_LISTEN]
    found = {each.pid for each in listening if each.laddr and each.laddr[1] == port}
    return bool(found) and found <= set(pids)


def _free(kept: Path) -> dict[str, int]:
    """Held until the process ends, or the file is gone and ports are chosen again."""
    for gone in [each for each in _held if each == kept or not each.exists()]:
        for block in _held.pop(gone):
            _lock(block, fcntl.LOCK_UN)
    mine, ports = _held.setdefault(kept, []), dict[str, int]()
    for name in PORTS:
        block = _free_block(BLOCKS.get(name, 1))
        mine.append(block)
        ports[name] = block.start
    return ports


def _free_block(width: int) -> range:
    used = {port for blocks in _held.values() for block in blocks for port in block}
    for _ in range(1000):
        first = random.randrange(FREE_FROM, FREE_TO - width)  # noqa: S311 - any port will do
        block = range(first, first + width)
        if used.isdisjoint(block) and _lock(block, fcntl.LOCK_EX | fcntl.LOCK_NB):
            if not any(taken(port) for port in block):
                return block
            _lock(block, fcntl.LOCK_UN)
    raise CannotStart(f"no free ports between {FREE_FROM} and {FREE_TO}")


def _lock(block: range, how: int) -> bool:
    """Whether it could be done: another process may have one of the ports."""
    try:
        fcntl.lockf(_locks(), how, len(block), block.start)
    except OSError:
        return False
    return True


@cache
def _locks() -> int:
    """A file of this user, in which a locked byte is a port that is held. It stays open: to close it gives all back.
    Raises CannotStart where somebody else has put something in its place."""
    path = Path(tempfile.gettempdir()) / f"lezzet-ports-{os.getuid()}"
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise CannotStart(
            f"{path} is needed to choose free ports and cannot be opened ({error.strerror}): "
            "remove it, or name another folder in TMPDIR"
        ) from None
