"""`./lezzet logs`: log lines of all processes, as Elasticsearch has them, the newest last."""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

from agents.domains import DOMAINS
from replay.failure import BadArgument, no_such
from replay.log import reveal
from replay.log.search import find
from replay.log.times import moment
from replay.tools import Tools, say, say_beside, say_json
from stores.errors import Unavailable
from stores.logs.index import LogIndex
from stores.logs.searching import LEVELS, MOST_IDS, Asked, Found, search
from topics import personal
from topics.messages import headers

_LAST = 100  # lines, where nothing else is asked for
_MOST = 10_000
_POLL = 0.5  # seconds between two looks of --follow
_LATE = timedelta(seconds=5)  # so much later than others a line that came at the same time may be found
_REMEMBERED = 50_000  # ids of lines that were printed


OF_WHOM = (*DOMAINS, "edge", "agents", "logs")
"""Of whom a line may be: stores.telemetry.domain_of."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--query", default="", metavar="WORDS", help="lines with all these words in them, or an id")
    parser.add_argument("--level", choices=LEVELS, help="of this level and above")
    parser.add_argument(
        "--trace", metavar="ID", help="of the flows that an order, command, user or correlation id takes part in"
    )
    parser.add_argument("--domain", help="of a domain, or of edge, agents, logs")
    parser.add_argument("--process", help="agents, edge, logs")
    parser.add_argument("--since", metavar="WHEN", help="10m, 2h, 3d, or a time such as 2026-11-26T20:00")
    parser.add_argument("--until", metavar="WHEN", help="as --since")
    parser.add_argument(
        "--count", type=int, default=_LAST, metavar="N", help=f"the last N lines, {_LAST}, {_MOST} at most"
    )
    parser.add_argument("--follow", action="store_true", help="wait for more")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    reveal.add_argument(parser)


async def run(tools: Tools, said: argparse.Namespace) -> int:
    if not 1 <= said.count <= _MOST:
        raise BadArgument(f"--count: from 1 to {_MOST}")
    check_domain(said.domain)
    now = datetime.now(UTC)
    asked = Asked(
        words=said.query, ids=await _flow(tools, said.trace) if said.trace else (), level=said.level,
        domain=said.domain, process=said.process,
        since=moment("--since", said.since, now), until=moment("--until", said.until, now),
    )  # fmt: skip
    async with tools.logs() as index:
        found = await search(index, asked, said.count)
        shown = _Shown(as_json=said.json, reveal=await reveal.revealed(tools, "logs", said))
        _print(found, shown)
        if not found and not said.follow:
            say_beside("no line is like that; ./lezzet logs without options shows the last ones")
        if said.follow:
            await _follow(index, asked, found, now, shown)
    return 0


def check_domain(name: str | None) -> None:
    """Raises BadArgument. Without this check a mistyped name would find no line, and say so of the domain that was meant."""
    if name is not None and name not in OF_WHOM:
        raise BadArgument(no_such("domain", name, OF_WHOM, "none"))


async def _flow(tools: Tools, wanted: str) -> Sequence[str]:
    """The ids that name a flow in log lines: of the flow itself, of its messages and aggregates."""
    async with tools.log() as log:
        found = await find(log, wanted, None)
    named = {wanted: None}
    for message in found.messages:
        named |= dict.fromkeys((message.correlation, message.id, message.headers.get(headers.SUBJECT, message.id)))
    return list(named)[:MOST_IDS]


class _Shown(NamedTuple):
    """How lines are printed. reveal: with mail addresses in them."""

    as_json: bool
    reveal: bool


async def _follow(index: LogIndex, asked: Asked, printed: Sequence[Found], begun: datetime, shown: _Shown) -> None:
    """For ever: by the time at which the log agent received a line, since lines of many processes come in no order of their
    own times."""
    away = False
    seen, received = dict.fromkeys(each.id for each in printed), begun
    while True:
        await asyncio.sleep(_POLL)
        try:
            found = await search(index, asked, _MOST, received_since=received - _LATE)
        except Unavailable as error:
            if not away:
                sys.stderr.write(f"lezzet logs: {error}, waiting for it\n")
            away = True
            continue
        away = False
        _print([each for each in found if each.id not in seen], shown)
        received = max((received, *(each.received for each in found)))
        seen |= dict.fromkeys(each.id for each in found)
        for old in list(seen)[: max(0, len(seen) - _REMEMBERED)]:
            del seen[old]


def _print(lines: Sequence[Found], shown: _Shown) -> None:
    for each in lines:
        line = each.line if shown.reveal else personal.without_mails(each.line)
        if shown.as_json:
            say_json(line)
        else:
            say(_text(line))


def _text(line: Mapping[str, Any]) -> str:
    rest = cast(Mapping[str, str], line["fields"])
    more = "  ".join(f"{name}={_one_line(value)}" for name, value in rest.items())
    at, level, domain = line["@timestamp"], line["level"], line["domain"]
    return f"{at}  {level:8} {domain:13} {_one_line(line['event'])}  {more}".rstrip()


def _one_line(text: str) -> str:
    """Without line breaks and control characters: a line may hold what a client has sent."""
    return "".join(each if each.isprintable() else " " for each in text)
