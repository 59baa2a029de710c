"""Engineers' questions to the domains on Redis: see stores.engineering.Domains."""

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from stores.engineering import Entered, First, Floor, Left, ParkedAs, ParkedKey, SetAside, SetTimer, Written
from stores.protocol import InboxKey, ParkedRow, Source, Stored
from stores.redis_authority.connections import Connections, Script, one_connection
from stores.redis_authority.encoding import (
    aside,
    names,
    outbox_row,
    outcome,
    packed,
    parked_row,
    stored,
    timer_row,
    timers_set,
)
from stores.redis_authority.names import prefix, reader_name, row_named, source_name, source_named
from stores.redis_authority.scripts import BEGIN

_BITE = 500
_MARK = "store"

# ARGV: readers with keys. Returns for each how many are parked, and seq and message of the first one.
_FIRSTS = Script(
    BEGIN
    + r"""
local found, places = {}, cmsgpack.unpack(ARGV[1])
for i, count in ipairs(many('parked:keys', places)) do
    local seq = count and redis.call('ZRANGE', P .. 'parked:of:' .. places[i], 0, 0)[1]
    found[i] = seq and {count, seq, redis.call('HGET', P .. 'parked', seq)} or false
end
return found
"""
)

# ARGV: reader with a key, how many. Returns seq and message by turns.
_OLDEST = Script(
    BEGIN
    + r"""
local found = {}
for _, seq in ipairs(redis.call('ZRANGE', P .. 'parked:of:' .. ARGV[1], 0, ARGV[2] - 1)) do
    found[#found + 1] = seq
    found[#found + 1] = redis.call('HGET', P .. 'parked', seq)
end
return found
"""
)

# ARGV: events. Returns for each: what may change of it, id of the first one of its key, and what may change of that one.
_SET_ASIDE = Script(
    BEGIN
    + r"""
local found, events = {}, cmsgpack.unpack(ARGV[1])
for i, stored in ipairs(many('aside', events)) do
    found[i] = false
    if stored then
        local source, key = unpack(cmsgpack.unpack(stored))
        local member = redis.call('ZRANGE', P .. 'aside:of:' .. source .. '\0' .. key, 0, 0)[1]
        local id = string.match(member, '%z(%Z*)$')
        found[i] = {stored, id, redis.call('HGET', P .. 'aside', string.match(events[i], '^%Z*') .. '\0' .. id)}
    end
end
return found
"""
)

# ARGV: sources with their new floors.
_BEGIN_AGAIN = Script(
    BEGIN
    + r"""
for _, each in ipairs(cmsgpack.unpack(ARGV[1])) do
    local source, next = unpack(each)
    local incarnation, epoch = string.match(redis.call('HGET', P .. 'floor', source), ' (%d+) (%d+)$')
    redis.call('HSET', P .. 'floor', source, string.format('%s %d %s', next, incarnation + 1, epoch))
    redis.call('HDEL', P .. 'missed', source)
end
"""
)

# ARGV: aggregate ids. Timers of a topic that are set are due again, also those that were sent.
_SEND_AGAIN = Script(
    BEGIN
    + r"""
local topic, keys = unpack(cmsgpack.unpack(ARGV[1]))
for i, timers in ipairs(many('timer', keys)) do
    for name, timer in pairs(timers and cmsgpack.unpack(timers) or {}) do
        if string.match(timer[3], ' (%S+) %d+$') == topic then
            redis.call('ZADD', P .. 'timer:due:' .. timer[3], timer[2], keys[i] .. '\0' .. name)
        end
    end
end
"""
)


class RedisDomains:
    """names: of the domains that have a store here."""

    def __init__(self, connections: Connections, names: Sequence[str]) -> None:
        self._connections = connections
        self.names = names

    async def parked_keys(self, topic: str | None = None) -> list[ParkedKey]:
        found = list[ParkedKey]()
        for domain in self.names:
            async for places in self._fields(domain, "parked:keys"):
                read = [_place(place) for place in places]
                wanted = [(of, key) for of, key in read if topic is None or of.topic == topic]
                for (of, key), (count, row) in (await self._firsts(domain, wanted)).items():
                    found.append(ParkedKey(domain, of.topic, key, count, row.id, row.source, row.at, row.reason))
        return sorted(found, key=lambda each: (each.domain, each.topic, each.key))

    async def parked(self, domain: str, topic: str, key: str, most: int) -> list[ParkedRow]:
        rows = list[ParkedRow]()
        for of in await self._readers(domain, topic):
            told = await self._run(domain, _OLDEST, names(reader_name(of), key), most)
            rows += [parked_row(int(seq), value) for seq, value in zip(told[::2], told[1::2], strict=True)]
        return sorted(rows, key=lambda row: row.seq)[:most]

    async def parked_as(self, topic: str, ids: Sequence[str]) -> list[ParkedAs]:
        found = list[tuple[int, ParkedAs]]()
        for domain in self.names:
            for id in ids:
                first = names(topic, id)
                members = await self._command(domain, "ZRANGEBYLEX", "parked:as", f"[{first}\0", f"({first}\1")
                for seq in [member.rpartition(b"\0")[2] for member in members]:
                    value = await self._command(domain, "HGET", "parked", seq)
                    if value is not None:
                        row = parked_row(int(seq), value)
                        found.append((row.seq, ParkedAs(domain, row.key, row.source, row.id)))
        return [each for _, each in sorted(found)]

    async def left(self, domain: str, topic: str, keys: Sequence[str]) -> dict[str, Left]:
        return {key: Left(count, row.id) for key, (count, row) in (await self._of_topic(domain, topic, keys)).items()}

    async def first(self, domain: str, topic: str, keys: Sequence[str]) -> dict[str, First]:
        return {
            key: First(row.id, row.headers) for key, (_, row) in (await self._of_topic(domain, topic, keys)).items()
        }

    async def known(self, domain: str, messages: Sequence[InboxKey]) -> set[InboxKey]:
        if domain not in self.names or not messages:
            return set()
        found = await self._command(domain, "HMGET", "inbox", *(names(*message) for message in messages))
        return {message for message, outcome in zip(messages, found, strict=True) if outcome is not None}

    async def entered(self, domain: str, messages: Sequence[InboxKey]) -> dict[InboxKey, Entered]:
        if domain not in self.names or not messages:
            return {}
        fields = [names(*message) for message in messages]
        outcomes = await self._command(domain, "HMGET", "inbox", *fields)
        read = await self._command(domain, "HMGET", "inbox:facts", *fields)
        return {
            message: Entered(outcome(said), None if facts is None else facts.decode())
            for message, said, facts in zip(messages, outcomes, read, strict=True)
            if said is not None
        }

    async def states(self, domain: str, ids: Sequence[str]) -> dict[str, Stored]:
        if domain not in self.names or not ids:
            return {}
        values = await self._command(domain, "HMGET", "state", *map(names, ids))
        return {id: stored(value) for id, value in zip(ids, values, strict=True) if value is not None}

    async def floors(self, topic: str | None = None) -> list[Floor]:
        found = list[Floor]()
        for domain in self.names:
            told: dict[bytes, bytes] = await self._command(domain, "HGETALL", "floor")
            for name, value in told.items():
                at = source_named(name.decode())
                if topic in (None, at.topic):
                    first, incarnation, _ = map(int, value.split())
                    found.append(Floor(domain, *at, first, incarnation))
        return sorted(found)

    async def set_aside(self, domain: str, events: Collection[tuple[str, str]]) -> list[SetAside]:
        if domain not in self.names or not events:
            return []
        told = await self._run(domain, _SET_ASIDE, packed([names(*event) for event in events]))
        found = list[SetAside]()
        for (_, id), each in zip(events, told, strict=True):
            if each is not None:
                own, first = aside(each[0]), aside(each[2])
                found.append(
                    SetAside(
                        own.source, own.key, id, own.since, each[1].decode(), first.tries, first.due, first.until, first.reason
                    )
                )  # fmt: skip
        return found

    async def outbox(self, domain: str, led_to: Mapping[Source, Collection[int]], most: int) -> list[Written]:
        found = list[Written]()
        for source, offsets in led_to.items() if domain in self.names else ():
            told = await self._command(domain, "HKEYS", f"outbox:{source_name(source)}")
            wanted = sorted((id, name) for name in told if (id := row_named(name)).offset in offsets)[:most]
            if not wanted:
                continue
            rows = await self._command(domain, "HMGET", f"outbox:{source_name(source)}", *(name for _, name in wanted))
            for (id, _), row in zip(wanted, rows, strict=True):
                if row is not None:
                    channel, target, key, headers, _ = outbox_row(row)
                    found.append(Written(source, id, channel, target, key, headers))
        return found

    async def timers(self, domain: str, keys: Collection[str]) -> list[SetTimer]:
        if domain not in self.names or not keys:
            return []
        found = list[SetTimer]()
        told = await self._command(domain, "HMGET", "timer", *map(names, keys))
        for key, timers in zip(keys, told, strict=True):
            for name, (id, due, of) in (timers_set(timers) if timers is not None else {}).items():
                row = await self._command(domain, "HGET", "timer:row", names(key, name))
                waits = await self._command(domain, "ZSCORE", f"timer:due:{of}", names(key, name))
                if row is not None:
                    made = timer_row(due.encode(), row)
                    found.append(SetTimer(source_named(of), key, name, id, made.due, waits is None, made.headers))
        return sorted(found, key=lambda timer: timer.due)

    async def forget_effect(self, domain: str, group: str, event_id: str) -> None:
        if domain in self.names:
            await self._command(domain, "HDEL", "effect", names(group, event_id))
            await self._command(domain, "ZREM", "effect:at", names(group, event_id))

    async def begin_again(self, topic: str, beginnings: Mapping[int, int]) -> None:
        """Timers first: a partition whose log was made anew stands still until its floor has moved."""
        for domain in self.names:
            async for keys in self._fields(domain, "timer"):
                await self._run(domain, _SEND_AGAIN, packed((topic, keys)))
            told = [source_named(name.decode()) for name in await self._command(domain, "HKEYS", "floor")]
            here = [source for source in told if source.topic == topic and source.partition in beginnings]
            moved = [(source_name(source), str(beginnings[source.partition])) for source in here]
            await self._run(domain, _BEGIN_AGAIN, packed(moved))

    async def _of_topic(self, domain: str, topic: str, keys: Iterable[str]) -> dict[str, tuple[int, ParkedRow]]:
        readers = await self._readers(domain, topic)
        wanted = [(of, key) for of in readers for key in keys]
        return {key: found for (_, key), found in (await self._firsts(domain, wanted)).items()}

    async def _firsts(
        self, domain: str, wanted: Sequence[tuple[Source, str]]
    ) -> dict[tuple[Source, str], tuple[int, ParkedRow]]:
        """How many are parked, and the first one; a key that is free is missing."""
        told = await self._run(domain, _FIRSTS, packed([names(reader_name(of), key) for of, key in wanted]))
        return {
            place: (int(each[0]), parked_row(int(each[1]), each[2]))
            for place, each in zip(wanted, told, strict=True)
            if each is not None
        }

    async def _readers(self, domain: str, topic: str) -> list[Source]:
        """One partition of each group that reads the topic."""
        if domain not in self.names:
            return []
        told = [source_named(name.decode()) for name in await self._command(domain, "HKEYS", "floor")]
        return list({source.group: source for source in told if source.topic == topic}.values())

    async def _fields(self, domain: str, name: str) -> AsyncIterator[list[str]]:
        """Of a hash, some at a time."""
        cursor: bytes | str = "0"
        while True:
            cursor, told = await self._command(domain, "HSCAN", name, cursor, "COUNT", _BITE)
            if told:
                yield [field.decode() for field in told[::2]]
            if int(cursor) == 0:
                return

    async def _run(self, domain: str, script: Script, *arguments: str | bytes | int) -> Any:
        return await self._connections.run(script, prefix(domain), *arguments)

    async def _command(self, domain: str, name: str, key: str, *words: str | bytes | int) -> Any:
        return await self._connections.call(name, prefix(domain) + key, *words)


def _place(name: str) -> tuple[Source, str]:
    """A reader and a key."""
    of, _, key = name.partition("\0")
    group, topic = of.split(" ")
    return Source(group, topic, 0), key


@contextlib.asynccontextmanager
async def open_domains(url: str, ours: Callable[[str], bool]) -> AsyncGenerator[RedisDomains]:
    """ours: which of the domains are looked at. Raises Unavailable."""
    async with one_connection(url) as connections:
        found, cursor = set[str](), b"0"
        while True:
            cursor, keys = await connections.call("SCAN", cursor, "MATCH", f"{{*}}:{_MARK}", "COUNT", _BITE)
            found.update(key.decode()[1:].rpartition("}:")[0] for key in keys)
            if int(cursor) == 0:
                break
        yield RedisDomains(connections, sorted(filter(ours, found)))
