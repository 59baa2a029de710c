"""`./lezzet trace ID`: everything that belongs to one flow, over all topics, in order of time.

ID is a correlation, order, operation, command, event, user or other aggregate id. All topics are read in parallel up to
where they end at the start. It is a search, not an index: a million messages take some seconds, and `--since 2h` reads less.
"""

import argparse
import asyncio
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from replay import links, screen
from replay.failure import BadArgument, CannotDo
from replay.log import reveal
from replay.log.flow import Flow, flows
from replay.log.message import argument
from replay.log.search import Found, find_in_shares
from replay.log.spans import spans
from replay.log.times import moment
from replay.shares import cores
from replay.tools import Tools, say, say_json
from stores.tracing import Span

_SERVICE = "topics"  # of the spans: they were not measured, but read from the topics


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id")
    parser.add_argument("--since", metavar="WHEN", help="only messages from then on: 30s, 20m, 2h, 3d, or a time")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument(
        "--otlp",
        metavar="URL|FILE",
        help="spans of the flows, to a collector (http://host:4318) or as OTLP JSON into a file",
    )
    screen.add_argument(parser)
    reveal.add_argument(parser)


async def run(tools: Tools, said: argparse.Namespace) -> int:
    if not said.id:
        raise BadArgument("an empty id")
    since = moment("--since", said.since, datetime.now(UTC))
    found = await find_in_shares(tools.log, said.id, since, cores())
    if not found.messages:
        window = f" since {said.since}" if said.since else ""
        raise BadArgument(
            f"no message{window} has {said.id!r} as id, key, subject, operation, caller or correlation"
            f" ({found.read:,} messages of {found.topics} topics read)"
        )
    joined = flows(found.messages)
    plain = await reveal.revealed(tools, "trace", said)
    if said.otlp is not None:
        told = spans(joined)
        await asyncio.to_thread(_export, said.otlp, told)
        say(f"{len(told):,} spans are at {said.otlp}")
    elif said.json:
        say_json({"id": said.id, "read": found.read, "flows": [flow.data(plain) for flow in joined]})
    else:
        _print(found, joined, links.flow(tools.settings, said.id), screen.width(full=said.full), reveal=plain)
    return 0


def _export(where: str, found: list[Span]) -> None:
    """Blocks. Raises Unavailable, CannotDo."""
    from stores import tracing_export  # its library takes long to import, and is needed here only

    if where.startswith(("http://", "https://")):
        tracing_export.send(where, found, _SERVICE)
        return
    try:
        Path(where).write_bytes(msgspec.json.encode(tracing_export.as_json(found, _SERVICE)) + b"\n")
    except OSError as error:
        raise CannotDo(f"--otlp: {where}: {error.strerror}") from error


def _print(found: Found, joined: list[Flow], page: str, width: int | None, *, reveal: bool) -> None:
    for flow in joined:
        for line in flow.lines(width, reveal):
            say(line)
        say()
    say(f"page: {page}")
    more = " (more were left out: narrow it with --since)" if found.cut else ""
    say(f"log lines: ./lezzet logs --trace {argument(joined[0].correlation)}")
    say(
        f"{len(found.messages):,} messages in {len(joined)} {'flow' if len(joined) == 1 else 'flows'}{more};"
        f" {found.read:,} messages of {found.topics} topics read in {found.seconds:.1f} s"
    )
