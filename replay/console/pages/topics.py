"""`/topics`: every topic with what is in it, what comes, and who is behind. `/live/numbers`: the same, each second."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from replay.console.desk import Away, Desk, or_away
from replay.console.frame import Shown
from replay.console.streams import Event
from replay.topics.floors import Standing, standings
from replay.topics.listing import bounds_of_all, listed
from stores.kafka.log import Bounds, Place
from topics.contracts import all_topics

MINUTE = timedelta(minutes=1)


async def topics(desk: Desk, _request: web.Request) -> Shown:
    """minute, of each row: new messages within the last one."""
    readers = await or_away(reader_standings(desk))
    async with desk.readers.lend() as log:
        bounds = await bounds_of_all(log)
        since = await log.since(log.places(all_topics()), datetime.now(UTC) - MINUTE)
    rows = _listed(bounds, readers)
    for row in rows:
        row["minute"] = sum(bounds[place].end - at for place, at in since.items() if place.topic == row["topic"])
    values = {"rows": rows, "away": readers if isinstance(readers, Away) else None}
    return Shown("topics.html", "Topics", values, ("topics",))


async def listed_with_lag(desk: Desk) -> list[dict[str, Any]]:
    readers = await or_away(reader_standings(desk))
    async with desk.readers.lend() as log:
        return _listed(await bounds_of_all(log), readers)


async def reader_standings(desk: Desk) -> Sequence[Standing]:
    """How far every reader is, as the stores say it."""
    async with desk.tools.domains() as domains, desk.tools.view_floors() as views:
        return await standings(all_topics().values(), domains, views)


async def numbers(desk: Desk, _request: web.Request) -> AsyncGenerator[Event]:
    """Name of a number on the page → its text."""
    async for beats in desk.pulse.beats():
        said: dict[str, str] = {}
        for topic, beat in beats.items():
            said[f"{topic} messages"] = f"{beat.messages:,}"
            said[f"{topic} rate"] = f"{beat.rate:,.1f}" if beat.rate < 10 else f"{beat.rate:,.0f}"
        yield Event("numbers", said)


def _listed(bounds: Mapping[Place, Bounds], readers: Sequence[Standing] | Away) -> list[dict[str, Any]]:
    """As `./lezzet topics --json`, and: behind, the largest lag of its readers; dead_topic."""
    contracts = all_topics()
    rows = listed(bounds, [] if isinstance(readers, Away) else readers)
    for row in rows:
        row["behind"] = max(row["lag"].values(), default=0)
        row["dead_topic"] = contracts[row["topic"]].dead_letters
    return rows
