"""Which part of a body a client asks for: `Range: bytes=0-499` (RFC 9110, 14)."""

import re
from typing import NamedTuple

_ONE = re.compile(r"bytes\s*=\s*(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))\s*", re.IGNORECASE)


class Part(NamedTuple):
    """From start to before stop."""

    start: int
    stop: int


class NotThere(Exception):
    """The body has no such bytes: 416."""


def part_of(header: str | None, size: int) -> Part | None:
    """None: the whole body, also where several parts are asked for or the header cannot be read. Raises NotThere."""
    found = None if header is None else _ONE.fullmatch(header.strip())
    if found is None:
        return None
    first, last, length = found.groups()
    if length is not None:
        start, stop = max(0, size - int(length)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= stop:
        raise NotThere
    return Part(start, stop)
