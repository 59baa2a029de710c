"""`./lezzet console`: what the other commands say, as pages in a browser on this machine. They change nothing without
--write."""

import argparse
import os

from replay.console.entering import console_key, link
from replay.console.serving import served
from replay.failure import BadArgument, CannotDo
from replay.tools import Tools, say
from stores.ending import told_to_end


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, metavar="N", help="of 127.0.0.1; else one that is free")
    parser.add_argument(
        "--supervised", action="store_true", help=argparse.SUPPRESS
    )  # by `up`: `status` makes links to it
    parser.add_argument("--write", action="store_true", help="pages can redrive dead letters")


async def run(tools: Tools, said: argparse.Namespace) -> int:
    if not 0 <= said.port <= 65535:
        raise BadArgument("--port: from 1 to 65535, or 0 for one that is free")
    key = console_key(tools.settings.keys)
    ended = told_to_end()
    try:
        async with served(tools, key, port=said.port, write=said.write, environment=os.environ) as port:
            if not said.supervised:
                say(f"{link(key, port)}\nis good once, within an hour. Ctrl-C ends the console.")
            await ended.wait()
    except OSError as error:
        raise CannotDo(f"port {said.port} cannot be had: {error.strerror}") from None
    return 0
