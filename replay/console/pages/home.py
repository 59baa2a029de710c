"""The first page: the search box, what stands still, and the topics that have the most to do."""

from collections.abc import Sequence

from aiohttp import web

from replay.console.desk import Away, Desk, or_away
from replay.console.frame import Shown
from replay.console.pages.topics import listed_with_lag
from replay.links import path
from stores.engineering import ParkedKey
from topics.contracts import all_topics

SHOWN = 8
LONGEST_ID = 500


async def home(desk: Desk, _request: web.Request) -> Shown:
    rows = await listed_with_lag(desk)
    parked = await or_away(_parked(desk))
    behind = sorted((row for row in rows if row["behind"]), key=lambda row: -row["behind"])[:SHOWN]
    values = {
        "behind": behind,
        "dead": sorted((row for row in rows if row["dead_letters"]), key=lambda row: -row["dead_letters"])[:SHOWN],
        "parked": [] if isinstance(parked, Away) else parked[:SHOWN],
        "parked_count": 0 if isinstance(parked, Away) else len(parked),
        "away": parked if isinstance(parked, Away) else None,
        "messages": sum(row["messages"] for row in rows),
        "topics": len(rows),
    }
    return Shown("home.html", "Lezzet", values, ("status",))


async def search(_desk: Desk, request: web.Request) -> Shown:
    """`/search?id=…`, the box on each page: the name of a topic leads to its page, anything else to the flow of that id."""
    asked = request.query.get("id", "").strip()[:LONGEST_ID]
    if not asked:
        raise web.HTTPSeeOther("/")
    raise web.HTTPSeeOther(path("topics" if asked in all_topics() else "flow", asked))


async def _parked(desk: Desk) -> Sequence[ParkedKey]:
    async with desk.tools.domains() as domains:
        return await domains.parked_keys()
