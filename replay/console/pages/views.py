"""`/views`: the generations of each view, and how far the one is that is being built."""

from typing import Any

from aiohttp import web

from replay.console.desk import Desk
from replay.console.frame import Shown
from replay.views.listing import listed, row
from replay.views.rebuild import progress
from stores.kafka.log import LogReader
from stores.redis.generations import GenerationsRecord, ViewGenerations


async def views(desk: Desk, _request: web.Request) -> Shown:
    async with desk.readers.lend() as log, desk.tools.view_generations() as generations:
        rows = [await _row(generations, log, record) for record in await listed(generations)]
    building = any(each["building"] for each in rows)
    return Shown("views.html", "Views", {"rows": rows, "refresh": 2 if building else None}, ("views",))


async def _row(generations: ViewGenerations, log: LogReader, record: GenerationsRecord) -> dict[str, Any]:
    """As `./lezzet views --json`, and: done and of, the events that the generation shows which is read; built and to_build,
    those of the one that is being built."""
    now, found = record.now, await row(generations, record)
    for generation, names in ((now.live, ("done", "of")), (now.next, ("built", "to_build"))):
        at = None if generation is None else await progress(generations, log, record.view, generation)
        found.update(zip(names, (None, None) if at is None else at, strict=True))
    return found
