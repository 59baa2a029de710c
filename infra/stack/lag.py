"""Waiting until no agents process is behind, by its own word."""

import asyncio
from collections.abc import Sequence

from infra.failure import CannotStart
from infra.process.health import health_of

CATCH_UP = 60.0  # seconds
_ASK_EVERY = 0.1


async def caught_up(healths: Sequence[str]) -> None:
    """Returns when no process is behind: copies and views show all that was sent before. Raises CannotStart."""
    try:
        async with asyncio.timeout(CATCH_UP):
            behind = list(healths)
            while behind:
                behind = [health for health in healths if (await asyncio.to_thread(health_of, health)).lag != 0]
                await asyncio.sleep(_ASK_EVERY)
    except TimeoutError:
        raise CannotStart(f"copies and views have not caught up within {CATCH_UP:.0f} s, see ./lezzet status") from None
