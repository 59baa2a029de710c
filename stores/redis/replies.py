"""Sends replies: stores each for some minutes, publishes it to the edge process that asked, keeps a line of it for a caller who
was told 202, and notes for the caller's next reads what was written (docs/decisions/045-what-is-kept-of-a-reply.md)."""

from collections import defaultdict
from collections.abc import Collection, Sequence

import msgspec
from redis.asyncio import Redis

from stores.protocol import OutboxRow
from stores.redis.errors import translated
from stores.redis.write_notes import MERGED
from topics import keys
from topics.messages.reply import TOO_LATE, Outcome, Wrote

# ARGV: seconds that a note lives, aggregates that it names at most, seconds that a reply is kept, seconds that a void attempt
# is, number of notes, (key, text) of each note, then (reply's key, operation's key, fate's key, reply, outcome, channel, void)
# of each reply. channel: '' if no process waits for it. void: '' if the command took effect or was refused; else it never takes
# effect, and 'key' says that it had an Idempotency-Key.
_PUBLISH = (
    MERGED
    + """
local noted, most, kept, void_kept = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]
local now, at = tonumber(redis.call('TIME')[1]), 6
for _ = 1, tonumber(ARGV[5]) do
    local before = redis.call('GET', ARGV[at]) or ''
    redis.call('SET', ARGV[at], merged(before, ARGV[at + 1], now, noted, most), 'EX', noted)
    at = at + 2
end
while ARGV[at] do
    local place, operation, fate, reply, outcome, channel, void = unpack(ARGV, at, at + 6)
    redis.call('SET', place, reply, 'EX', kept)
    local told = redis.call('GET', operation)
    if told then redis.call('SET', operation, string.match(told, '^[^\\n]*') .. '\\n' .. outcome, 'KEEPTTL') end
    if void == 'key' then redis.call('SET', fate, 'withdrawn', 'EX', void_kept)
    elseif void ~= '' then redis.call('DEL', fate) end
    if channel ~= '' then redis.call('PUBLISH', channel, reply) end
    at = at + 7
end
"""
)

KEPT = 300
"""Seconds that a reply is kept, for an edge that did not hear it. A repeat that comes later is answered by the inbox."""

NOTED = 10  # seconds that a caller's reads wait for what the caller wrote
MOST_NOTED = 50  # aggregates in a note: those that were written last

VOID_KEPT = 7 * 86_400
"""Seconds that an attempt of an Idempotency-Key which never takes effect is known as such: for as long as the inbox would
answer it with the same (agents/runtime/sweeping.py), so that the next attempts are found."""


class ReplyNote(msgspec.Struct, frozen=True, omit_defaults=True):
    """The headers of a reply's outbox row. caller: whose next reads wait for views. wrote: what these views must know of."""

    caller: str | None = None
    wrote: tuple[Wrote, ...] = ()


class _Read(Outcome, frozen=True, omit_defaults=True):
    """What of a reply says what to keep."""

    fingerprint: str | None = None


_note = msgspec.json.Decoder(ReplyNote)
_read = msgspec.json.Decoder(_Read)


class Replies:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._publish = redis.register_script(_PUBLISH)

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        """Sends all rows with one script. To send a row twice does no harm. Raises Unavailable."""
        notes, answers = defaultdict[str, list[str]](list), list[str | bytes]()
        for row in rows:
            note = _note.decode(row.headers)
            for wrote in note.wrote if note.caller else ():
                notes[keys.wrote(note.caller or "", wrote.domain)].append(f"{wrote.aggregate_id}@{wrote.version};")
            answers += _kept(row)
        noted = [part for name, texts in notes.items() for part in (name, "".join(texts))]
        async with translated():
            await self._publish(args=[NOTED, MOST_NOTED, KEPT, VOID_KEPT, len(notes), *noted, *answers])

    async def kept(self, operations: Collection[str]) -> set[str]:
        """Those whose reply was sent less than KEPT seconds ago. Raises Unavailable."""
        if not operations:
            return set()
        async with translated():
            found = await self._redis.mget([keys.reply(operation) for operation in operations])
        return {operation for operation, reply in zip(operations, found, strict=True) if reply is not None}


def _kept(row: OutboxRow) -> Sequence[str | bytes]:
    """The part of ARGV for one reply."""
    operation, body = (row.key or b"").decode(), row.body or b""
    read = _read.decode(body)
    void = "" if read.code not in TOO_LATE else "key" if read.fingerprint is not None else "no key"
    places = (keys.reply(operation), keys.operation(operation), keys.fate(operation))
    return (*places, body, read.line(), keys.reply_channel(row.target) if row.target else "", void)
