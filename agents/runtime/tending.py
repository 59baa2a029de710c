"""Looks after the generations of views in the background (agents/runtime/reading/tending.py)."""

import asyncio
from collections.abc import Sequence

import structlog

from agents.runtime.reading.tending import Tending
from stores.errors import Unavailable
from stores.log_repeats import Counted
from stores.redis.generations import ViewGenerations

log = structlog.get_logger()

_EVERY = 2.0  # seconds
_SOON = 0.25  # while two releases run: a partition that went from one to the other must not wait for long


async def tend(generations: ViewGenerations, tended: Sequence[Tending]) -> None:
    """For ever. tended: one for each topic with views."""
    put_off = Counted()
    while tended:
        soon = False
        try:
            soon = await once(generations, tended, put_off)
        except Unavailable as error:
            _tell(error, put_off)
        except Exception:
            log.exception("views_not_tended")  # nobody awaits this task
        await asyncio.sleep(_SOON if soon else _EVERY)


async def once(generations: ViewGenerations, tended: Sequence[Tending], put_off: Counted) -> bool:
    """Asks once for the views of all topics. put_off: how often that was not possible. Returns whether two releases run.
    Raises Unavailable."""
    running = await generations.running({view: form for each in tended for view, form in each.forms.items()})
    soon = False
    for each in tended:
        try:
            soon |= await each.round([(known, forms) for known, forms in running if known.view in each.forms])
        except Unavailable as error:
            _tell(error, put_off)
        except Exception:
            log.exception("views_not_tended")
    return soon


def _tell(error: Unavailable, put_off: Counted) -> None:
    """A server may be away for hours."""
    if count := put_off.due("away"):
        log.info("views_not_tended", count=count, why=str(error)[:200])
