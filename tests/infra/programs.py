"""Small programs to supervise: they are ready when they have written their file, within milliseconds."""

import asyncio
import sys
from collections.abc import Callable
from time import monotonic

from infra.layout.folders import DataFolder
from infra.process.program import Program

DEADLINE = 15.0
SLEEPS = "open({ready!r}, 'w').close(); import time; time.sleep(600)"
SLEEPS_ON_AT_SIGTERM = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"


def program(data: DataFolder, name: str = "sleeper", script: str = SLEEPS, patience: float = 5.0) -> Program:
    ready = data.root / f"{name}.ready"

    async def is_ready() -> bool:
        return ready.exists()

    argv = (sys.executable, "-S", "-c", script.format(ready=str(ready)))
    return Program(name=name, argv=argv, folder=data.root, ready=is_ready, patience=patience, start_within=DEADLINE)


async def until(condition: Callable[[], bool], what: str) -> None:
    """Fails with `what` where the condition does not come true."""
    deadline = monotonic() + DEADLINE
    while not condition():
        assert monotonic() < deadline, f"expected that {what}"
        await asyncio.sleep(0.01)
