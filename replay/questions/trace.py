"""`./lezzet trace ID`: everything that belongs to one flow, over all topics, in order of time.

ID is a correlation, order, operation, command, event, user or other aggregate id. All topics are read in parallel up to
where they end at the start. It is a search, not an index: a million messages take some seconds, and `--since 2h` reads less.
"""

import argparse
from datetime import UTC, datetime

from replay.failure import BadArgument
from replay.log import reveal
from replay.log.flow import Flow, flows
from replay.log.search import Found, find
from replay.log.times import moment
from replay.tools import Tools, say, say_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id")
    parser.add_argument("--since", metavar="WHEN", help="only messages from then on: 30s, 20m, 2h, 3d, or a time")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    reveal.add_argument(parser)


async def run(tools: Tools, said: argparse.Namespace) -> int:
    if not said.id:
        raise BadArgument("an empty id")
    since = moment("--since", said.since, datetime.now(UTC))
    async with tools.log() as log:
        found = await find(log, said.id, since)
    if not found.messages:
        window = f" since {said.since}" if said.since else ""
        raise BadArgument(
            f"no message{window} has {said.id!r} as id, key, subject, operation, caller or correlation"
            f" ({found.read:,} messages of {found.topics} topics read)"
        )
    joined = flows(found.messages)
    plain = await reveal.revealed(tools, "trace", said)
    if said.json:
        say_json({"id": said.id, "read": found.read, "flows": [flow.data(plain) for flow in joined]})
    else:
        _print(found, joined, reveal=plain)
    return 0


def _print(found: Found, joined: list[Flow], *, reveal: bool) -> None:
    for flow in joined:
        for line in flow.lines(reveal):
            say(line)
        say()
    more = " (more were left out: narrow it with --since)" if found.cut else ""
    say(
        f"{len(found.messages):,} messages in {len(joined)} {'flow' if len(joined) == 1 else 'flows'}{more};"
        f" {found.read:,} messages of {found.topics} topics read in {found.seconds:.1f} s"
    )
