"""What a process of the product says at its /health/ready, of itself."""

import asyncio
import http.client
import json
import urllib.error
import urllib.request
from typing import NamedTuple


class Health(NamedTuple):
    """lag: messages that an agents process has still to do; None of others. lacks: why it is not ready, in words.
    stands: those of them that more waiting does not mend."""

    lag: int | None = None
    lacks: tuple[str, ...] = ()
    stands: tuple[str, ...] = ()


def health_of(url: str) -> Health:
    """Empty where it does not say."""
    try:
        _, body = _asked(url)
    except (OSError, http.client.HTTPException):
        return Health()
    return _read(body)


async def needs_no_more_waiting(url: str) -> bool:
    """Whether it is ready, or lacks only what more waiting does not mend: a partition that stands still keeps neither the other
    ones nor the stack from their start. Raises OSError where nobody listens."""
    return await asyncio.to_thread(_needs_no_more_waiting, url)


def _needs_no_more_waiting(url: str) -> bool:
    try:
        ready, body = _asked(url)
    except http.client.HTTPException:
        return False
    said = _read(body)
    return ready or (bool(said.stands) and set(said.lacks) <= set(said.stands))


def _asked(url: str) -> tuple[bool, bytes]:
    """Whether the answer is 2xx, and its body."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - a URL of ours
            return True, answer.read()
    except urllib.error.HTTPError as error:  # not ready: the body says why, and how far it is
        return False, error.read()


def _read(body: bytes) -> Health:
    try:
        said = json.loads(body)
        lag = said.get("lag")
        lacks, stands = (tuple(map(str, said.get(name, ()))) for name in ("lacks", "stands"))
        return Health(lag if isinstance(lag, int) else None, lacks, stands)
    except (ValueError, AttributeError, TypeError):
        return Health()
