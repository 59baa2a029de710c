"""`/logs`: log lines of all processes, as `./lezzet logs` finds them, the newest first."""

from datetime import UTC, datetime

from aiohttp import web

from replay.console.desk import Desk
from replay.console.frame import Shown
from replay.console.options import one_of, options
from replay.failure import NotUnderstood
from replay.log.times import moment
from stores.logs.searching import LEVELS, Asked, search

COUNTS = (100, 500)
_NAMES = ("query", "level", "domain", "process", "since", "until")


async def logs(desk: Desk, request: web.Request) -> Shown:
    said = {name: request.query.get(name, "").strip()[:300] for name in _NAMES}
    count = one_of(request, "count", COUNTS, COUNTS[0])
    if said["level"] and said["level"] not in LEVELS:
        raise NotUnderstood(f"level: one of {', '.join(LEVELS)}")
    now = datetime.now(UTC)
    asked = Asked(
        words=said["query"], level=said["level"] or None, domain=said["domain"] or None,
        process=said["process"] or None, since=moment("since", said["since"] or None, now),
        until=moment("until", said["until"] or None, now),
    )  # fmt: skip
    async with desk.tools.logs() as index:
        found = await search(index, asked, count)
    values = {
        "said": said, "levels": LEVELS, "count": count, "counts": COUNTS,
        "lines": [each.line for each in reversed(found)], "refresh": 2 if request.query.get("follow") else None,
    }  # fmt: skip
    return Shown("logs.html", "Logs", values, ("logs", *options(said), "--count", str(count)))
