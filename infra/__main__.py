"""`./lezzet [--data DIR] COMMAND ...`: finds the command's row and runs it."""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence

from infra.cli.commands import COMMANDS, Call, Module
from infra.failure import CannotStart
from infra.layout.folders import data_folder
from infra.layout.site import Site


def main(arguments: Sequence[str]) -> int:
    rows = "\n".join(f"  {command.name:8} {command.does}" for command in COMMANDS)
    parser = argparse.ArgumentParser(
        prog="lezzet",
        usage="./lezzet [--data DIR] COMMAND ...",
        description=f"commands (each has --help):\n{rows}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", help="the stack's data folder, else LEZZET_DATA, else .lezzet in the checkout")
    if not arguments:
        parser.print_help(sys.stderr)
        return 2
    parser.add_argument("command", choices=[command.name for command in COMMANDS], metavar="COMMAND")
    ours, rest = _split(arguments)
    chosen = parser.parse_args(ours)
    command = next(command for command in COMMANDS if command.name == chosen.command)
    try:
        if chosen.data:
            os.environ["LEZZET_DATA"] = str(data_folder(chosen.data).root)
        code = _run(command.runs, rest)
        sys.stdout.flush()
    except CannotStart as error:
        sys.stderr.write(f"lezzet {command.name}: {error}\n")
        return error.code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `| head` has seen enough
        return 0
    except KeyboardInterrupt:
        return 130
    return code


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Up to the command and what comes after it. argparse could do that, but would take a `--` out of the rest."""
    names = {command.name for command in COMMANDS}
    for place, argument in enumerate(arguments):
        if argument in names and arguments[place - 1 : place] != ["--data"]:
            return list(arguments[: place + 1]), list(arguments[place + 1 :])
    return list(arguments), []


def _run(target: Call | Module, rest: list[str]) -> int:
    if isinstance(target, Call):
        module, _, name = target.function.partition(":")
        function: Callable[[list[str]], int] = getattr(importlib.import_module(module), name)
        return function(rest)
    # Here too, as with the other commands: the module's own parser knows nothing of data folders.
    folder = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    folder.add_argument("--data")
    found, rest = folder.parse_known_args(rest)
    data = data_folder(found.data)
    if not data.ours() and target.asks and _of_a_stack(rest):
        raise CannotStart(f"nothing is up in {data.root}, start it with ./lezzet up")
    environment = Site.of(data).environment() if data.ours() else dict(os.environ)
    os.execve(sys.executable, [sys.executable, "-m", target.module, *target.before, *rest], environment)  # noqa: S606


def _of_a_stack(arguments: list[str]) -> bool:
    """Whether the command needs one: not where the caller names brokers of elsewhere, or only wants to read about it."""
    named = any(os.environ.get(name) for name in ("KAFKA_BROKERS", "KAFKA_BOOTSTRAP_SERVERS"))
    return not named and not {"-h", "--help"} & set(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
