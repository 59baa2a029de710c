"""Forgets what the inbox no longer needs, in small deletes.

The floor covers re-reading for ever; the inbox is the window in which a publisher may send the same message again.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog

from stores.errors import Doubt
from stores.protocol import DomainStore

log = structlog.get_logger()

KEPT = timedelta(days=7)
_EVERY, _SOON = 60.0, 0.1  # seconds; soon where there is more
_AT_ONCE = 1000  # entries of one delete


async def sweep(stores: Sequence[DomainStore]) -> None:
    """Never ends. A server that is away is no matter: the next round comes."""
    while True:
        full = False
        for store in stores:
            try:
                full |= await store.sweep(datetime.now(UTC) - KEPT, _AT_ONCE) == _AT_ONCE
            except Doubt as doubt:
                log.info("sweep_put_off", domain=store.domain, why=str(doubt)[:160])
            except Exception:
                # E.g. no schema yet. Nobody awaits this task: were it to end, inboxes would grow for ever, unnoticed.
                log.exception("sweep_failed", domain=store.domain)
        await asyncio.sleep(_SOON if full else _EVERY)
