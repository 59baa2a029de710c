"""`./lezzet views [list]|rebuild NAME|diff NAME`: the views and their generations; building a view again beside the one that is
read; comparing it with what the code of now makes of the events."""

import argparse

from replay.views import diff as view_diff
from replay.views import listing as view_list
from replay.views import rebuild as view_rebuild


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.set_defaults(run=view_list.run)
    commands = parser.add_subparsers(metavar="list|rebuild|diff")
    listing = commands.add_parser("list", help="which generations of each view there are (the default)")
    listing.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON document")
    listing.set_defaults(run=view_list.run)
    rebuild = commands.add_parser("rebuild", help="builds a view again; readers are switched when it is complete")
    rebuild.add_argument("view")
    rebuild.add_argument(
        "--back", action="store_true", help="back to the generation that readers used before, brought up to now first"
    )
    rebuild.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="a JSON document a line")
    rebuild.set_defaults(run=view_rebuild.run)
    diff = commands.add_parser("diff", help="what the code of now would show otherwise than the live view does")
    view_diff.add_arguments(diff)
    diff.set_defaults(run=view_diff.run)


run = view_list.run
