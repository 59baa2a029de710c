"""Deletes old entries of the inbox, ended effects, and what else domains do not need any more, a few at a time.

What is read again is recognised by the floor, for ever. The inbox recognises a message that a publisher sends again, within
KEPT.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

import structlog

from stores.errors import Doubt

log = structlog.get_logger()

KEPT = timedelta(days=7)
_EVERY, _SOON = 60.0, 0.1  # seconds between two rounds; the shorter where there may be more to delete
AT_ONCE = 1000  # entries of one delete: 10,000 a second, more than are written


class Sweep(NamedTuple):
    """round: deletes a little, and says whether there may be more. Raises Doubt."""

    domain: str
    round: Callable[[], Awaitable[bool]]


async def sweep(sweeps: Sequence[Sweep]) -> None:
    """Runs until it is cancelled. Where a store is away, its turn comes again with the next round."""
    while True:
        full = False
        for each in sweeps:
            try:
                full |= await each.round()
            except Doubt as doubt:
                log.info("sweep_put_off", domain=each.domain, why=str(doubt)[:160])
            except Exception:
                # E.g. there is no schema yet. Nobody awaits this task: if it ended, inboxes would grow without notice.
                log.exception("sweep_failed", domain=each.domain)
        await asyncio.sleep(_SOON if full else _EVERY)
