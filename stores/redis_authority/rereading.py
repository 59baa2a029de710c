"""The facts of one domain, written anew: see stores.engineering.Facts."""

import contextlib
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from stores.protocol import Fact, FactKey, FactWrite, Source
from stores.redis_authority.connections import Connections, Script, one_connection
from stores.redis_authority.encoding import fact, fact_parts, names, packed
from stores.redis_authority.names import prefix, source_name, source_named
from stores.redis_authority.scripts import BEGIN

# ARGV: source, facts. Returns how many are written, and the places of those that are there at a later version.
# Whoever has looked before and has not written yet writes nothing: the epoch is another.
_WRITE = Script(
    BEGIN
    + r"""
local source, facts = unpack(cmsgpack.unpack(ARGV[1]))
local floor, written, later = redis.call('HGET', P .. 'floor', source), 0, {}
if floor then
    local next, incarnation, epoch = string.match(floor, '^(%d+) (%d+) (%d+)$')
    redis.call('HSET', P .. 'floor', source, string.format('%s %s %d', next, incarnation, epoch + 1))
end
for i, each in ipairs(facts) do
    local name, key, version, value = P .. 'fact:' .. each[1], unpack(each, 2)
    local stored = redis.call('HGET', name, key)
    local before = stored and tonumber(string.match(stored, '^%d+')) or 0
    if before > version then
        later[#later + 1] = i
    elseif stored ~= value then
        redis.call('HSET', name, key, value)
        written = written + 1
    end
end
return {written, later}
"""
)


class RedisFacts:
    def __init__(self, connections: Connections, domain: str) -> None:
        self._connections = connections
        self._prefix = prefix(domain)

    async def count(self, name: str) -> int:
        return await self._command("HLEN", f"fact:{name}")

    async def has_floor(self, group: str, topic: str) -> bool:
        told = [source_named(name.decode()) for name in await self._command("HKEYS", "floor")]
        return any(source[:2] == (group, topic) for source in told)

    async def different(self, facts: Sequence[FactWrite]) -> int:
        tables = defaultdict[str, list[FactWrite]](list)
        for each in facts:
            tables[each.table].append(each)
        found = 0
        for table, wanted in tables.items():
            told = await self._command("HMGET", f"fact:{table}", *(names(each.key) for each in wanted))
            found += sum(_differs(each, value) for each, value in zip(wanted, told, strict=True))
        return found

    async def write(self, source: Source, facts: Sequence[FactWrite]) -> tuple[int, set[FactKey]]:
        wanted = packed((source_name(source), [fact_parts(each) for each in facts]))
        written, later = await self._connections.run(_WRITE, self._prefix, wanted)
        return written, {(facts[place - 1].table, facts[place - 1].key) for place in later}

    async def nothing_is_missed(self, source: Source) -> None:
        await self._command("HDEL", "missed", source_name(source))

    async def _command(self, name: str, key: str, *words: str) -> Any:
        return await self._connections.call(name, self._prefix + key, *words)


def _differs(wanted: FactWrite, value: bytes | None) -> bool:
    if value is None:
        return True
    there = fact(value)
    return there.version < wanted.version or (
        there != Fact(wanted.version, wanted.body) and there.version == wanted.version
    )


@contextlib.asynccontextmanager
async def open_facts(url: str, domain: str) -> AsyncGenerator[RedisFacts]:
    """Raises Unavailable when it is asked."""
    async with one_connection(url) as connections:
        yield RedisFacts(connections, domain)
