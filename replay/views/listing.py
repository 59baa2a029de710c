"""`./lezzet views`: which generation of each view readers use, which is being built, which is kept for the way back, which are
being removed."""

import argparse
from typing import Any

from replay.tools import Tools, say, say_json
from stores.redis.generations import Generation, GenerationsRecord, ViewGenerations


async def run(tools: Tools, said: argparse.Namespace) -> int:
    async with tools.view_generations() as generations:
        rows = [await row(generations, one) for one in await listed(generations)]
    if said.json:
        say_json(rows)
        return 0
    for one in rows:
        beside = "".join(f", {what} {one[what]}" for what in ("building", "removing") if one[what])
        if kept := one["previous"]:
            beside += f", kept {kept['generation']} for {kept['seconds']} s, {kept['behind']:,} events behind"
        say(f"{one['view']:18} {one['topic']:20} read: {one['live'] or 'none yet'}{beside}")
    if not rows:
        say("no view has a generation: agents make them when they start")
    return 0


async def listed(generations: ViewGenerations) -> list[GenerationsRecord]:
    """The views that have a generation, by name."""
    return list((await generations.read(await generations.names())).values())


async def row(generations: ViewGenerations, record: GenerationsRecord) -> dict[str, Any]:
    """As `--json` prints it. previous: what `views rebuild --back` goes back to; nobody writes into it, so it is behind by the
    events since the switch."""
    now, kept = record.now, await generations.way_back(record)
    topic = next((each.topic for each in (now.live, now.next) if each is not None), "")
    return {
        "view": record.view,
        "topic": topic,
        "live": _tag(now.live),
        "building": _tag(now.next),
        "previous": kept and {"generation": kept.tag, "behind": kept.behind, "seconds": kept.seconds},
        "removing": list(now.gone),
    }


def _tag(generation: Generation | None) -> str | None:
    return None if generation is None else generation.tag
