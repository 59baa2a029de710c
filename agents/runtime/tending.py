"""Looks after the generations of views in the background (agents/runtime/reading/tending.py)."""

import asyncio
from collections.abc import Sequence

import structlog

from agents.runtime.reading.tending import Tending
from stores.errors import Unavailable
from stores.redis.generations import ViewGenerations

log = structlog.get_logger()

_EVERY = 2.0  # seconds
_SOON = 0.25  # while two releases run: a partition that went from one to the other must not wait for long


async def tend(generations: ViewGenerations, tended: Sequence[Tending]) -> None:
    """For ever. tended: one for each topic with views."""
    while tended:
        soon = False
        try:
            soon = await once(generations, tended)
        except Unavailable as error:
            log.info("views_not_tended", why=str(error)[:200])
        except Exception:
            log.exception("views_not_tended")  # nobody awaits this task
        await asyncio.sleep(_SOON if soon else _EVERY)


async def once(generations: ViewGenerations, tended: Sequence[Tending]) -> bool:
    """Asks once for the views of all topics. Returns whether two releases run. Raises Unavailable."""
    running = await generations.running({view: form for each in tended for view, form in each.forms.items()})
    soon = False
    for each in tended:
        try:
            soon |= await each.round([(known, forms) for known, forms in running if known.view in each.forms])
        except Unavailable as error:
            log.info("views_not_tended", why=str(error)[:200])
        except Exception:
            log.exception("views_not_tended")
    return soon
