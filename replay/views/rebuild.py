"""`./lezzet views rebuild NAME`: orders the next generation of a view and tells how far it is until readers use it. `--back`:
orders the one that they used before, which lacks what came since.

The agents build it (agents/runtime/reading/building.py). The order stands in Redis: where the command is ended, or agents are
restarted, they go on with it.
"""

import argparse
import asyncio
import time
from typing import NamedTuple

from replay.failure import BadArgument, CannotDo, no_such
from replay.tools import Tools, say, say_json
from stores.kafka.log import Bounds, LogReader, Place
from stores.redis.generations import Generation, GenerationsRecord, ViewGenerations, WayBack

_EVERY = 0.5  # seconds
_SILENT = 20.0  # seconds without an event


class Progress(NamedTuple):
    done: int
    of: int


async def run(tools: Tools, said: argparse.Namespace) -> int:
    async with tools.view_generations() as generations, tools.log() as log:
        order = _ordered_back if said.back else _ordered
        wanted = await order(generations, said.view)
        return await _watch(generations, log, said.view, wanted, json=said.json)


async def _ordered(generations: ViewGenerations, view: str) -> Generation:
    """The generation that is being built: a new one, or one that was ordered before. Raises BadArgument."""
    await _must_be_there(generations, view)
    while True:
        record = await _read(generations, view)
        if record.now.next is not None:
            return record.now.next
        live = record.now.live
        if live is None:
            raise BadArgument(f"the view {view!r} has no generation yet: agents make it when they start")
        await generations.begin(record, live.form, live.group, live.topic, live.partitions)


async def _ordered_back(generations: ViewGenerations, view: str) -> Generation:
    """The generation that readers used before. Raises BadArgument: there is none, CannotDo: nobody can bring it up."""
    await _must_be_there(generations, view)
    while True:
        record = await _read(generations, view)
        live, building, previous = record.now.live, record.now.next, record.now.previous
        if building is not None:
            raise CannotDo(f"{view}{building.tag} is being built: until readers use it there is no way back")
        if live is None or previous is None:
            raise BadArgument(
                f"the view {view!r} has no generation to go back to: one is kept after a rebuild, for VIEW_BACK_SECONDS"
            )
        running = await generations.forms(view)
        if running and previous.form not in running:
            raise CannotDo(
                f"{view}{previous.tag} is of another release, and no agents run that can bring it up: they go on with it when"
                " that release is provisioned and started"
            )
        if await generations.back(record):
            return previous


async def _must_be_there(generations: ViewGenerations, view: str) -> None:
    names = await generations.names()
    if view not in names:
        raise BadArgument(no_such("view with a generation", view, names, "agents make them when they start"))


async def _watch(generations: ViewGenerations, log: LogReader, view: str, wanted: Generation, *, json: bool) -> int:
    began, moved_at, last = time.monotonic(), time.monotonic(), Progress(-1, 0)
    while True:
        record = await _read(generations, view)
        took = time.monotonic() - began
        if record.now.live is not None and record.now.live.tag == wanted.tag:
            _tell(view, wanted.tag, last, took, json=json, switched=True)
            if not json:
                _tell_way_back(await generations.way_back(record))
            return 0
        if record.now.next is None or record.now.next.tag != wanted.tag:
            raise CannotDo(f"{view}{wanted.tag} was given up: `./lezzet views` shows what is there now")
        now = await progress(generations, log, view, wanted)
        if now.done != last.done:
            moved_at, last = time.monotonic(), now
            _tell(view, wanted.tag, now, took, json=json, switched=False)
        elif time.monotonic() - moved_at > _SILENT:
            raise CannotDo(
                f"{view}{wanted.tag} has not moved for {_SILENT:.0f} s: it goes on when agents of the domain run"
                " (`./lezzet status`)"
            )
        await asyncio.sleep(_EVERY)


async def progress(generations: ViewGenerations, log: LogReader, view: str, wanted: Generation) -> Progress:
    """How many events of its topic the generation shows."""
    bounds = await log.bounds(log.places([wanted.topic]))
    floors = await generations.floors(view, wanted)
    done = of = 0
    for partition, floor in enumerate(floors):
        bound = bounds.get(Place(wanted.topic, partition), Bounds(0, 0))
        of += bound.end - bound.first
        done += max(0, (bound.first if floor is None else floor) - bound.first)
    return Progress(done, of)


def _tell(view: str, tag: str, now: Progress, took: float, *, json: bool, switched: bool) -> None:
    done = now.of if switched else now.done
    rate = done / took if took else 0.0
    if json:
        say_json(
            {
                "view": view,
                "generation": tag,
                "done": done,
                "of": now.of,
                "seconds": round(took, 2),
                "switched": switched,
            }
        )
    elif switched:
        say(f"{view}{tag}: readers use it, {took:.1f} s after it was ordered")
    else:
        say(f"{view}{tag}: {done:,} of {now.of:,} events, {rate:,.0f}/s")


def _tell_way_back(found: WayBack | None) -> None:
    if found is None:
        say("the one before is removed")
    else:
        say(f"{found.tag}, the one before, is kept for {found.seconds} s: `--back` goes back to it")


async def _read(generations: ViewGenerations, view: str) -> GenerationsRecord:
    return (await generations.read([view]))[view]
