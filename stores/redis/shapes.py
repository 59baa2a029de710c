"""Keeps the forms of the views that are in Redis (topics.deciding.projection.View.form). If one is not that of the running
code, all views are removed, so that the projections build them again from the topics.

One script removes them with their floors, as if Redis had lost its data: a projection that runs meanwhile begins anew.
"""

from collections.abc import Mapping

import msgspec
from redis.asyncio import Redis

from stores.redis.errors import translated
from topics import keys

# KEYS[1] the stored forms. ARGV: the forms of the running code, then patterns of all keys of views.
_SETTLE = """
local before = redis.call('GET', KEYS[1])
if before == ARGV[1] then return {0, before} end
local gone = 0
for i = 2, #ARGV do
    local names = redis.call('KEYS', ARGV[i])
    for j = 1, #names, 500 do
        gone = gone + redis.call('UNLINK', unpack(names, j, math.min(j + 499, #names)))
    end
end
redis.call('SET', KEYS[1], ARGV[1])
return {gone, before or ''}
"""


class ViewShapes:
    """Raises Unavailable."""

    def __init__(self, redis: Redis) -> None:
        self._settle = redis.register_script(_SETTLE)

    async def settle(self, wanted: Mapping[str, str]) -> int:
        """wanted: view → its form. Returns how many keys were removed."""
        said = msgspec.json.encode(dict(sorted(wanted.items())))
        async with translated():
            gone, _ = await self._settle(keys=[keys.VIEW_SHAPES], args=[said, *keys.OF_VIEWS])
        return int(gone)
