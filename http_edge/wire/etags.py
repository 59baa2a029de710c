"""Entity tags: whether a client has the answer already that it would get (RFC 9110, 13.1.2)."""

import hashlib
from collections.abc import Iterable

MOST = 50  # tags that one request names: those behind them are ignored


def of(parts: Iterable[str]) -> str:
    """Of what an answer is made of. Weak: it is the same for an answer that is compressed and one that is not."""
    digest = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
    return f'W/"{digest[:32]}"'


def matches(if_none_match: str, tag: str) -> bool:
    """if_none_match: the header as sent, empty without one. By weak comparison."""
    if not if_none_match:
        return False
    if if_none_match.strip() == "*":
        return True
    wanted = tag.removeprefix("W/")
    return any(each.strip().removeprefix("W/") == wanted for each in if_none_match.split(",")[:MOST])
