"""What ends a command of the engineer's tools, as one line on stderr and exit code 1."""

from collections.abc import Iterable
from difflib import get_close_matches


class CannotDo(Exception):
    """The message is the whole line."""


def no_such_topic(name: str, there: Iterable[str]) -> CannotDo:
    names = sorted(there)
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    meant = f"; did you mean {' or '.join(near)}?" if near else "."
    return CannotDo(f"no topic {name!r}{meant} There are: {', '.join(names) or 'none, `./lezzet up` makes them'}")
