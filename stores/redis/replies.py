"""Sends replies: stores each for a day, publishes it to the edge process that asked, and notes for the caller's next reads what
was written."""

from collections.abc import Sequence

import msgspec
from redis.asyncio import Redis

from stores.protocol import OutboxRow
from stores.redis.errors import translated
from topics import keys
from topics.messages.reply import Wrote

# ARGV: seconds that a reply is kept, seconds of a note, number of notes, (key, text) of each note, then (key, body, channel) of
# each reply, with the channel '' if no process waits for it.
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

KEPT = 24 * 3600  # seconds that an outcome can be read at /operations/{id}
NOTED = 10  # seconds that a caller's reads wait for what the caller wrote


class ReplyNote(msgspec.Struct, frozen=True, omit_defaults=True):
    """The headers of a reply's outbox row. caller: whose next reads wait for views. wrote: what these views must know of."""

    caller: str | None = None
    wrote: tuple[Wrote, ...] = ()


_note = msgspec.json.Decoder(ReplyNote)


class Replies:
    def __init__(self, redis: Redis) -> None:
        self._publish = redis.register_script(_PUBLISH)

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        """Sends all rows with one script. To send a row twice does no harm. Raises Unavailable."""
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
