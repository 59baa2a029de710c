"""What ends a command of the engineer's tools, as one line on stderr: exit code 1, or 2 where something wrong was asked for."""

from collections.abc import Iterable
from difflib import get_close_matches


class CannotDo(Exception):
    """The message is the whole line."""

    code = 1


class BadArgument(CannotDo):
    """What was named is not there."""

    code = 2


class NotUnderstood(BadArgument):
    """What was said cannot be read: no time, no place, no level."""


def no_such_topic(name: str, there: Iterable[str]) -> BadArgument:
    return BadArgument(no_such("topic", name, there, "`./lezzet up` makes them"))


def no_such(what: str, name: str, there: Iterable[str], otherwise: str) -> str:
    """The line. otherwise: where they come from, if there are none."""
    names = sorted(there)
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    meant = f"; did you mean {' or '.join(near)}?" if near else "."
    return f"no {what} {name!r}{meant} There are: {', '.join(names) or f'none, {otherwise}'}"
