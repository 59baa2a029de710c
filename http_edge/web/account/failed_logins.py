"""Counts log-ins with a wrong password, by account, for other systems that read it in Redis. The edge itself refuses by address
who is refused too often (http_edge/routing/pace.py), so that nobody locks somebody else's account."""

import asyncio
import contextlib

from http_edge.routing.asked import Asked
from stores.errors import Unavailable
from topics import keys
from topics.messages.reply import Reply

WRONG = "invalid_credentials"
KEPT_SECONDS = 15 * 60
"""After the last failure."""
COUNT_SECONDS = 0.2


async def count(asked: Asked, account_id: str, reply: Reply) -> None:
    """Best effort. An address without an account is counted under the id that it would get: its answer takes as long."""
    key = keys.failed_logins(account_id)
    with contextlib.suppress(Unavailable, TimeoutError):
        async with asyncio.timeout(COUNT_SECONDS):
            if reply.code == WRONG:
                await asked.edge.reads.count(key, KEPT_SECONDS)
            elif reply.status == "done":
                await asked.edge.reads.drop(key)
