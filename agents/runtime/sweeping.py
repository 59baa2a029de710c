"""Deletes old entries of the inbox and ended effects, a few at a time.

What is read again is recognised by the floor, for ever. The inbox recognises a message that a publisher sends again, within
KEPT.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from stores.errors import Doubt
from stores.protocol import DomainStore

log = structlog.get_logger()

KEPT = timedelta(days=7)
_EVERY, _SOON = 60.0, 0.1  # seconds between two rounds; the shorter where there may be more to delete
_AT_ONCE = 1000  # entries of one delete: 10,000 a second, more than are written


async def sweep(stores: Sequence[DomainStore]) -> None:
    """Runs until it is cancelled. Where a store is away, its turn comes again with the next round."""
    while True:
        full = False
        for store in stores:
            try:
                full |= await store.sweep(KEPT, _AT_ONCE)
            except Doubt as doubt:
                log.info("sweep_put_off", domain=store.domain, why=str(doubt)[:160])
            except Exception:
                # E.g. there is no schema yet. Nobody awaits this task: if it ended, inboxes would grow without notice.
                log.exception("sweep_failed", domain=store.domain)
        await asyncio.sleep(_SOON if full else _EVERY)
