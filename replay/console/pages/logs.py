"""`/logs`: log lines of all processes, as `./lezzet logs` finds them, the newest first."""

from datetime import UTC, datetime

from aiohttp import web

from replay.console.desk import Desk
from replay.console.frame import Shown
from replay.failure import BadArgument
from stores.logs.searching import LEVELS, Asked, search, since_of

COUNTS = (100, 500)
_NAMES = ("query", "level", "domain", "process", "since", "until")


async def logs(desk: Desk, request: web.Request) -> Shown:
    said = {name: request.query.get(name, "").strip()[:300] for name in _NAMES}
    count = next((each for each in COUNTS if str(each) == request.query.get("count")), COUNTS[0])
    if said["level"] and said["level"] not in LEVELS:
        raise BadArgument(f"level: one of {', '.join(LEVELS)}")
    now = datetime.now(UTC)
    asked = Asked(
        words=said["query"], level=said["level"] or None, domain=said["domain"] or None,
        process=said["process"] or None, since=_when("since", said["since"], now), until=_when("until", said["until"], now),
    )  # fmt: skip
    async with desk.tools.logs() as index:
        found = await search(index, asked, count)
    values = {
        "said": said, "levels": LEVELS, "count": count, "counts": COUNTS,
        "lines": [each.line for each in reversed(found)], "refresh": 2 if request.query.get("follow") else None,
    }  # fmt: skip
    options = [part for name in _NAMES if said[name] for part in (f"--{name}", said[name])]
    return Shown("logs.html", "Logs", values, ("logs", *options, "--count", str(count)))


def _when(name: str, said: str, now: datetime) -> datetime | None:
    if not said:
        return None
    at = since_of(said, now)
    if at is None:
        raise BadArgument(f"{name}: {said!r} is neither an age such as 10m, 2h, 3d nor a time such as 2026-11-26T20:00")
    return at
