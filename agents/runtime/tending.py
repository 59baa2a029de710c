"""Looks after the generations of views in the background (agents/runtime/reading/tending.py)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from stores.errors import Unavailable

log = structlog.get_logger()

_EVERY = 2.0  # seconds
_SOON = 0.25  # while two releases run: a partition that went from one to the other must not wait for long


async def tend(rounds: Sequence[Callable[[], Awaitable[bool]]]) -> None:
    """For ever. rounds: of each topic with views; each says whether two releases run."""
    while rounds:
        soon = False
        for each in rounds:
            try:
                soon |= await each()
            except Unavailable as error:
                log.info("views_not_tended", why=str(error)[:200])
            except Exception:
                log.exception("views_not_tended")
        await asyncio.sleep(_SOON if soon else _EVERY)
