"""`./lezzet dlq list|groups|show|redrive`: dead letters and parked keys; what they say, and putting them back."""

import argparse
from pathlib import Path

from replay.dlq import groups as dlq_groups
from replay.dlq import listing as dlq_list
from replay.dlq import redrive as dlq_redrive
from replay.dlq import show as dlq_show
from replay.log import reveal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="list|groups|show|redrive")
    listing = commands.add_parser("list", help="dead letters with their state, and the keys that are parked")
    listing.add_argument("topic", nargs="?")
    listing.add_argument("--json", action="store_true", help="one JSON document")
    reveal.add_argument(listing)
    listing.set_defaults(run=dlq_list.run)
    grouping = commands.add_parser("groups", help="those with the same cause as one, with counts and a fingerprint")
    grouping.add_argument("topic", nargs="?")
    grouping.add_argument("--json", action="store_true", help="one JSON document")
    grouping.set_defaults(run=dlq_groups.run)
    showing = commands.add_parser("show", help="one message: original bytes and headers, why, and what waits behind it")
    showing.add_argument("topic")
    showing.add_argument("message", metavar="ID|PARTITION:OFFSET", help="as `dlq list` shows it")
    showing.add_argument("--json", action="store_true", help="one JSON document")
    showing.add_argument("--body", type=Path, metavar="FILE", help="write the original bytes there, to repair them")
    reveal.add_argument(showing)
    showing.set_defaults(run=dlq_show.run)
    _add_redrive(commands.add_parser("redrive", help="shows what would be sent again; does it with --yes"))


def _add_redrive(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("topic")
    parser.add_argument("--id", metavar="ID", help="one message, by its id or its PARTITION:OFFSET in the dead letters")
    parser.add_argument("--key", metavar="KEY", help="all of a key; with --id: the key of a message that came without")
    parser.add_argument("--all", action="store_true", help="all of the topic that have had no effect yet")
    parser.add_argument("--group", metavar="FINGERPRINT", help="all with this cause, as `dlq groups` names it")
    parser.add_argument("--body", type=Path, metavar="FILE", help="the repaired body of the message that --id names")
    parser.add_argument(
        "--header", action="append", default=[], metavar="NAME=VALUE",
        help="with --id, not for parked messages: sets a header (ce_type=…), or drops it where VALUE is empty",
    )  # fmt: skip
    parser.add_argument(
        "--drop", action="append", default=[], metavar="ID", help="give up this parked message for good"
    )
    parser.add_argument("--yes", action="store_true", help="do it")
    parser.add_argument(
        "--json", action="store_true", help="one JSON document at the end; what comes meanwhile on stderr"
    )
    parser.set_defaults(run=dlq_redrive.run)


run = dlq_list.run
