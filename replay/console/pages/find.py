"""`/find`: the messages of all topics that a condition in CEL holds for. Filters are saved in the browser."""

from datetime import UTC, datetime

from aiohttp import web

from replay.console.desk import Desk
from replay.console.frame import Shown
from replay.console.options import one_of, options
from replay.console.rows import Row
from replay.failure import CannotDo
from replay.log.times import moment
from replay.log.where import Where
from replay.questions.find import Finds, find

COUNTS = (50, 200)
EXAMPLES = (
    'type == "OrderPlaced" && body.total > 50000',
    'topic == "order_events" && version == 1',
    'headers.ce_source == "lezzet/edge" && type == "Checkout"',
    "has(body.reason) && body.reason.contains('time')",
)
_NAMES = ("where", "topic", "since", "until")


async def page(desk: Desk, request: web.Request) -> Shown:
    """What is wrong with a condition is said beside it, and what was typed stays."""
    said = {name: request.query.get(name, "").strip() for name in _NAMES}
    count = one_of(request, "count", COUNTS, COUNTS[0])
    found, wrong = None, None
    if said["where"]:
        try:
            found = await _found(desk, said, count)
        except CannotDo as error:
            wrong = str(error)
    values = {
        "said": said, "count": count, "counts": COUNTS, "examples": EXAMPLES, "found": found, "wrong": wrong,
        "rows": [Row.of(message) for message in found.messages] if found else [],
    }  # fmt: skip
    command = ("find", *options(said), "--count", str(count)) if said["where"] else ()
    return Shown("find.html", "Find", values, command, status=400 if wrong else 200)


async def _found(desk: Desk, said: dict[str, str], count: int) -> Finds:
    """Raises CannotDo."""
    where, now = Where(said["where"]), datetime.now(UTC)
    since, until = moment("since", said["since"] or None, now), moment("until", said["until"] or None, now)
    async with desk.readers.lend() as log:
        return await find(log, where, [said["topic"]] if said["topic"] else [], since, until, count)
