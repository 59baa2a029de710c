"""What a process does beside its groups, for as long as it runs: a domain that hears from another broker than Kafka."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import structlog

log = structlog.get_logger()

_AGAIN = 5.0  # seconds


class Beside(NamedTuple):
    """name: in log and health. run: never returns. away: why it does nothing now; None while it works."""

    name: str
    run: Callable[[], Awaitable[None]]
    away: Callable[[], str | None]


async def keep_running(beside: Beside) -> None:
    """Runs it again and again until cancelled. Errors are logged here: nobody awaits this task, so an error that ended it would
    not be noticed."""
    while True:
        try:
            await beside.run()
        except Exception:
            log.exception("beside_failed", name=beside.name)
        await asyncio.sleep(_AGAIN)
