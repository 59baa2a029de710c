"""What a process of the product says at its /health/ready, of itself."""

import http.client
import json
import urllib.error
import urllib.request
from typing import NamedTuple


class Health(NamedTuple):
    """lag: messages that an agents process has still to do; None of others. lacks: why it is not ready, in words."""

    lag: int | None = None
    lacks: tuple[str, ...] = ()


def health_of(url: str) -> Health:
    """Empty where it does not say."""
    try:
        body = _body(url)
    except (OSError, http.client.HTTPException):
        return Health()
    try:
        said = json.loads(body)
        lag = said.get("lag")
        return Health(lag if isinstance(lag, int) else None, tuple(map(str, said.get("lacks", ()))))
    except (ValueError, AttributeError, TypeError):
        return Health()


def _body(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - a URL of ours
            return answer.read()
    except urllib.error.HTTPError as error:  # not ready: the body says why, and how far it is
        return error.read()
