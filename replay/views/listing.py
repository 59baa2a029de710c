"""`./lezzet views`: which generation of each view readers use, which is being built, which are being removed."""

import argparse
from typing import Any

from replay.tools import Tools, say, say_json
from stores.redis.generations import Generation, Known


async def run(tools: Tools, said: argparse.Namespace) -> int:
    async with tools.view_generations() as generations:
        known = await generations.read(await generations.names())
    rows = [_row(one) for one in known.values()]
    if said.json:
        say_json(rows)
        return 0
    for row in rows:
        beside = "".join(f", {what} {row[what]}" for what in ("building", "removing") if row[what])
        say(f"{row['view']:18} {row['topic']:20} read: {row['live'] or 'none yet'}{beside}")
    if not rows:
        say("no view has a generation: agents make them when they start")
    return 0


def _row(known: Known) -> dict[str, Any]:
    now = known.now
    topic = next((each.topic for each in (now.live, now.next) if each is not None), "")
    return {
        "view": known.view,
        "topic": topic,
        "live": _tag(now.live),
        "building": _tag(now.next),
        "removing": list(now.gone),
    }


def _tag(generation: Generation | None) -> str | None:
    return None if generation is None else generation.tag
