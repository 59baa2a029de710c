"""`./lezzet topics [list]|reset|reread|grow`: the contracts with their sizes and lags; beginning a topic again that was made
anew; making copies of facts anew; giving a topic more partitions."""

import argparse

from replay.topics import grow as topic_grow
from replay.topics import listing as topic_list
from replay.topics import reread as topic_reread
from replay.topics import reset as topic_reset


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.set_defaults(run=topic_list.run)
    commands = parser.add_subparsers(metavar="list|reset|reread|grow")
    listing = commands.add_parser("list", help="contracts, messages, lags (the default)")
    listing.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON document")
    listing.set_defaults(run=topic_list.run)
    reset = commands.add_parser(
        "reset", help="after a topic was deleted and made anew; shows what changes, --yes does it"
    )
    reset.add_argument("topic")
    reset.add_argument("--yes", action="store_true", help="do it")
    reset.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON document")
    reset.set_defaults(run=topic_reset.run)
    reread = commands.add_parser("reread", help="makes copies of facts anew; shows how many differ, --yes does it")
    reread.add_argument("topic")
    reread.add_argument("--group", required=True, help="whose copies, e.g. basket.project")
    reread.add_argument("--yes", action="store_true", help="do it")
    reread.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON document")
    reread.set_defaults(run=topic_reread.run)
    grow = commands.add_parser(
        "grow", help="more partitions, while nothing runs; shows what stands in the way, --yes does it"
    )
    grow.add_argument("topic")
    grow.add_argument("--partitions", type=int, required=True, help="a multiple of how many it has")
    grow.add_argument("--yes", action="store_true", help="do it")
    grow.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON document")
    grow.set_defaults(run=topic_grow.run)


run = topic_list.run
