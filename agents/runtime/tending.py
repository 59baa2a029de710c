"""Looks after the generations of views in the background: switches to one that is complete, removes those that are gone.

Both are begun by whoever ends a step; this goes on where a process was killed in between.
"""

import asyncio
from collections.abc import Sequence

import structlog

from stores.errors import Unavailable
from stores.redis.generations import Known, ViewGenerations

log = structlog.get_logger()

_EVERY = 2.0  # seconds


async def tend(generations: ViewGenerations, views: Sequence[str]) -> None:
    """For ever. views: their names."""
    while views:
        try:
            for known in (await generations.read(views)).values():
                await _look_after(generations, known)
        except Unavailable as error:
            log.info("views_not_tended", why=str(error)[:200])
        except Exception:
            log.exception("views_not_tended")
        await asyncio.sleep(_EVERY)


async def _look_after(generations: ViewGenerations, known: Known) -> None:
    if known.now.next is not None and await generations.switch(known):
        log.info("view_switched", view=known.view, generation=known.now.next.tag)
    elif known.now.gone:
        removed = await generations.remove(known)
        if removed:
            log.info("generation_removed", view=known.view, generations=list(known.now.gone), keys=removed)
