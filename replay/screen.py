"""What an answer looks like in a terminal: how wide it is, and long sentences in several lines."""

import argparse
import re
import shutil
import sys
import textwrap

_ELSEWHERE = 160
"""Characters of a line that goes into a file or a pipe."""
_COMMAND = re.compile(r"`[^`]*`")
_FIXED = "\N{NO-BREAK SPACE}"


def add_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--full", action="store_true", help="bodies whole, and not cut to the width of the terminal")


def width(*, full: bool) -> int | None:
    """Characters of a line. None: as many as there are."""
    if full:
        return None
    return shutil.get_terminal_size((_ELSEWHERE, 0)).columns if sys.stdout.isatty() else _ELSEWHERE


def wrapped(line: str, width: int | None, indent: str) -> list[str]:
    """The line in several ones, the later ones behind `indent`. Commands between backticks are not broken: they are copied."""
    if width is None or len(line) <= width:
        return [line]
    fixed = _COMMAND.sub(lambda command: command[0].replace(" ", _FIXED), line)
    parts = textwrap.wrap(
        fixed, max(width, len(indent) + 20), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return [part.replace(_FIXED, " ") for part in parts]
