"""`/logs`: log lines of all processes, as `./lezzet logs` finds them, the newest first."""

from collections.abc import Sequence
from datetime import UTC, datetime

from aiohttp import web

from replay.console.desk import Desk, not_now
from replay.console.frame import Shown
from replay.console.options import one_of, options
from replay.failure import CannotDo, NotUnderstood
from replay.log.times import moment
from replay.questions.logs import OF_WHOM, check_domain
from stores.errors import Doubt
from stores.logs.searching import LEVELS, Asked, Found, search

COUNTS = (100, 500)
_NAMES = ("query", "level", "domain", "process", "since", "until")


async def logs(desk: Desk, request: web.Request) -> Shown:
    """What is wrong with the question is said beside it, and what was typed stays."""
    said = {name: request.query.get(name, "").strip()[:300] for name in _NAMES}
    count = one_of(request, "count", COUNTS, COUNTS[0])
    found: Sequence[Found] = ()
    wrong, status = None, 200
    try:
        found = await _found(desk, said, count)
    except CannotDo as error:
        wrong, status = str(error), 400
    except Doubt as error:
        wrong, status = not_now(error), 503
    values = {
        "said": said, "levels": LEVELS, "domains": OF_WHOM, "count": count, "counts": COUNTS, "wrong": wrong,
        "lines": [each.line for each in reversed(found)], "follow": "follow" in request.query,
    }  # fmt: skip
    return Shown("logs.html", "Logs", values, ("logs", *options(said), "--count", str(count)), status=status)


async def _found(desk: Desk, said: dict[str, str], count: int) -> Sequence[Found]:
    """Raises CannotDo, Unavailable."""
    if said["level"] and said["level"] not in LEVELS:
        raise NotUnderstood(f"level: one of {', '.join(LEVELS)}")
    check_domain(said["domain"] or None)
    now = datetime.now(UTC)
    asked = Asked(
        words=said["query"], level=said["level"] or None, domain=said["domain"] or None,
        process=said["process"] or None, since=moment("since", said["since"] or None, now),
        until=moment("until", said["until"] or None, now),
    )  # fmt: skip
    async with desk.tools.logs() as index:
        return await search(index, asked, count)
