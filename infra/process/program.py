"""What a supervisor needs to know of a program, and what an installable server can do."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whom to run as, where we are root and the program refuses to be."""

    user: int
    group: int
    reads_everything: bool  # the data folder lies where this account cannot pass through, e.g. in root's home


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One long-running process."""

    name: str
    argv: tuple[str, ...]
    folder: Path  # its working directory
    ready: Callable[[], Awaitable[bool]]  # asked again and again; an OSError or a time-out counts as no
    ports: tuple[tuple[str, int], ...] = ()  # that must be free before its first start
    shares_ports: bool = False  # with processes of the same name but for the number
    environment: Mapping[str, str] | None = None  # None: ours
    account: Account | None = None
    required: bool = True  # `up` waits for it, and status is not well without it
    stop_signal: int = signal.SIGTERM
    patience: float = 6.0  # seconds from stop_signal to SIGKILL
    start_within: float = 180.0  # seconds until ready: agents take 15 on two quiet cores, and 60 beside other work
    health: str = ""  # URL of agents and edges, see infra/process/health.py


class Server(Protocol):
    """A server that we can have on this machine. Built for one Site. All three raise CannotStart."""

    name: str
    required: bool

    async def install(self) -> None:
        """Finds or gets the program. Cheap when it is there."""
        ...

    async def prepare(self) -> None:
        """Makes the state that it needs before its first start, in the data folder. Cheap when it is there."""
        ...

    def program(self) -> Program:
        """After install and prepare."""
        ...
