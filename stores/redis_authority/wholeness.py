"""Whether a domain's store holds all that it should.

Redis that has lost its data looks like one that is new. So a store is marked as whole when it was made with all that belongs
into it, and a partition that has no floor begins only in a store that is whole. The mark goes with the data.
"""

from typing import Literal

from stores.redis_authority.connections import Connections
from stores.redis_authority.names import prefix

_BITE = 1_000  # keys: the server answers others between two bites

How = Literal["new", "moved", "rebuilt"]


async def is_whole(connections: Connections, domain: str) -> bool:
    return bool(await connections.call("EXISTS", prefix(domain) + "store"))


async def mark(connections: Connections, domain: str, how: How) -> None:
    """From here on agents work with it."""
    await connections.call("HSET", prefix(domain) + "store", "made", how)


async def clear(connections: Connections, domain: str) -> None:
    """Deletes all that is there of the domain, the mark first."""
    beginning = prefix(domain)
    await connections.call("DEL", beginning + "store")
    cursor: bytes | str = "0"
    pattern = "".join(f"\\{c}" if c in "*?[]\\" else c for c in beginning) + "*"
    while True:
        cursor, keys = await connections.call("SCAN", cursor, "MATCH", pattern, "COUNT", _BITE)
        if keys:
            await connections.call("UNLINK", *keys)
        if int(cursor) == 0:
            return
