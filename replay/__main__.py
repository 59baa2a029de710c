"""`python -m replay NAME ...`, which `./lezzet` gives the stack's addresses."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Sequence

from replay import away
from replay.console import command as console
from replay.dlq import command as dlq
from replay.failure import CannotDo
from replay.questions import decide, find, logs, play, record, replay, state, tail, trace, why
from replay.tools import Tools, collect_seldom
from replay.topics import command as topics_command
from replay.topics import publish
from replay.views import command as views_command
from stores import telemetry
from stores.errors import Doubt, Unavailable
from stores.settings import load_or_exit

Run = Callable[[Tools, argparse.Namespace], Awaitable[int]]

_COMMANDS = {
    "tail": tail,
    "trace": trace,
    "why": why,
    "find": find,
    "publish": publish,
    "dlq": dlq,
    "topics": topics_command,
    "views": views_command,
    "logs": logs,
    "console": console,
    "state": state,
    "decide": decide,
    "record": record,
    "play": play,
    "replay": replay,
}


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0 done, 1 it could not be done (one line on stderr), 2 wrong arguments or settings."""
    name, run, said = parsed(arguments)
    settings = load_or_exit()
    telemetry.configure("replay", "error")
    collect_seldom()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what it has to say is in our one line
    try:
        return asyncio.run(_run(run, Tools(settings), said))
    except CannotDo as error:
        return _stopped(name, str(error), error.code)
    except Unavailable as error:
        return _stopped(name, asyncio.run(away.told(error, settings)))
    except Doubt as error:
        return _stopped(name, f"{error}; nothing was changed, give the command again")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `| head` has seen enough
        return 0
    except KeyboardInterrupt:
        return 130


async def _run(run: Run, tools: Tools, said: argparse.Namespace) -> int:
    return await run(tools, said)


def parsed(arguments: Sequence[str]) -> tuple[str, Run, argparse.Namespace]:
    """(command, what runs it, what was said). Ends the process with exit code 2 where nothing can be made of it."""
    name = arguments[0] if arguments else ""
    if name not in _COMMANDS:
        sys.stderr.write(f"usage: python -m replay {'|'.join(_COMMANDS)} ...\n")
        raise SystemExit(2)
    said = parser_of(name).parse_args(arguments[1:])
    return name, getattr(said, "run", _COMMANDS[name].run), said


def parser_of(name: str) -> argparse.ArgumentParser:
    """Of a command's arguments."""
    command = _COMMANDS[name]
    parser = argparse.ArgumentParser(prog=f"./lezzet {name}", description=command.__doc__)
    command.add_arguments(parser)
    return parser


def _stopped(name: str, why: str, code: int = 1) -> int:
    sys.stderr.write(f"lezzet {name}: {why}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
