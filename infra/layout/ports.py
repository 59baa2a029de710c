"""Which port each server has. Chosen once for a data folder and kept in its ports.json."""

import json
import random
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

from infra.failure import CannotStart
from infra.layout.versions import AGENTS_AT_MOST, PORTS

# Below the range from which Linux takes ports for outgoing connections: a server that is stopped for a moment would
# find its port taken by somebody's client socket.
FREE_FROM, FREE_TO = 20000, 32000

Ports = Mapping[str, int]


def choose(kept: Path, *, offset: int | None = None, free: bool = False) -> Ports:
    """The ports of this data folder, written to `kept`. Raises CannotStart for an offset that leaves 1-65535."""
    if free:
        ports: Ports = _free()
    elif offset is not None:
        ports = {name: port + offset for name, port in PORTS.items()}
        if not all(0 < port <= 65535 - AGENTS_AT_MOST for port in ports.values()):
            raise CannotStart(f"--port-offset {offset} leads to ports outside of 1-65535")
    else:
        ports = read(kept)
    kept.write_text(json.dumps(ports, indent=1) + "\n")
    return ports


def read(kept: Path) -> Ports:
    """What was chosen; a name that was added to the product since then has its default."""
    try:
        return {**PORTS, **json.loads(kept.read_text())}
    except FileNotFoundError:
        return dict(PORTS)
    except ValueError:
        raise CannotStart(f"{kept} is not JSON: remove it, or choose ports anew with --free-ports") from None


def require_free(program: str, wanted: Iterable[tuple[str, int]]) -> None:
    """Raises CannotStart naming the first port that somebody else has."""
    for name, port in wanted:
        if taken(port):
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


def _free() -> dict[str, int]:
    ports: dict[str, int] = {}
    used: set[int] = set()
    for name in PORTS:
        width = AGENTS_AT_MOST if name == "agents_health" else 1
        ports[name] = _free_block(width, used)
        used.update(range(ports[name], ports[name] + width))
    return ports


def _free_block(width: int, used: set[int]) -> int:
    for _ in range(1000):
        first = random.randrange(FREE_FROM, FREE_TO - width)  # noqa: S311 - any port will do
        block = range(first, first + width)
        if used.isdisjoint(block) and not any(taken(port) for port in block):
            return first
    raise CannotStart(f"no free ports between {FREE_FROM} and {FREE_TO}")
