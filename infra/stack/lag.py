"""How far an agents process is behind, by its own word."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Sequence

from infra.failure import CannotStart

CATCH_UP = 60.0  # seconds
_ASK_EVERY = 0.1


def lag_of(health: str) -> int | None:
    """Messages that it has still to do. None where it does not say."""
    try:
        with urllib.request.urlopen(health, timeout=2) as answer:  # noqa: S310 - a URL of ours
            body = answer.read()
    except urllib.error.HTTPError as error:  # not ready: the body says why, and how far it is
        body = error.read()
    except OSError:
        return None
    try:
        lag = json.loads(body).get("lag")
    except (ValueError, AttributeError):
        return None
    return lag if isinstance(lag, int) else None


async def caught_up(healths: Sequence[str]) -> None:
    """Returns when no process is behind: copies and views show all that was sent before. Raises CannotStart."""
    try:
        async with asyncio.timeout(CATCH_UP):
            behind = list(healths)
            while behind:
                behind = [health for health in healths if await asyncio.to_thread(lag_of, health) != 0]
                await asyncio.sleep(_ASK_EVERY)
    except TimeoutError:
        raise CannotStart(f"copies and views have not caught up within {CATCH_UP:.0f} s, see ./lezzet status") from None
