"""The writing side of answers: kept for a day, published to the asking edge, and noted for the caller's next reads."""

from collections.abc import Sequence

import msgspec
from redis.asyncio import Redis

from stores.protocol import OutboxRow
from stores.redis.errors import translated
from topics import keys
from topics.messages.reply import Wrote

# ARGV: seconds that a reply is kept, seconds of a note, number of notes, (key, text) of each note, then (key, body, channel) of
# each reply, the channel '' where no process waits.
_PUBLISH = """
local kept, noted, at = ARGV[1], ARGV[2], 4
for _ = 1, tonumber(ARGV[3]) do
    redis.call('APPEND', ARGV[at], ARGV[at + 1])
    redis.call('EXPIRE', ARGV[at], noted)
    at = at + 2
end
while ARGV[at] do
    redis.call('SET', ARGV[at], ARGV[at + 1], 'EX', kept)
    if ARGV[at + 2] ~= '' then redis.call('PUBLISH', ARGV[at + 2], ARGV[at + 1]) end
    at = at + 3
end
"""

KEPT = 24 * 3600  # seconds that /operations/{id} knows an outcome
NOTED = 10  # seconds that a caller's reads wait for what the caller wrote


class ReplyNote(msgspec.Struct, frozen=True, omit_defaults=True):
    """The headers of a reply's outbox row: whose reads are to see what."""

    caller: str | None = None
    wrote: tuple[Wrote, ...] = ()


_note = msgspec.json.Decoder(ReplyNote)


class Replies:
    def __init__(self, redis: Redis) -> None:
        self._publish = redis.register_script(_PUBLISH)

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        """All rows in one script; sending one twice changes nothing. Raises Unavailable."""
        notes, answers = list[str](), list[str | bytes]()
        for row in rows:
            operation, body = (row.key or b"").decode(), row.body or b""
            note = _note.decode(row.headers)
            if note.caller:
                for wrote in note.wrote:
                    notes += (keys.wrote(note.caller, wrote.domain), f"{wrote.aggregate_id}@{wrote.version};")
            answers += (keys.reply(operation), body, keys.reply_channel(row.target) if row.target else "")
        async with translated():
            await self._publish(args=[KEPT, NOTED, len(notes) // 2, *notes, *answers])
