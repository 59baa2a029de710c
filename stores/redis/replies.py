"""The writing side of answers: kept for a day, published to the asking edge, and noted for the caller's next reads."""

from collections.abc import Sequence

import msgspec
from redis.asyncio import Redis

from stores.protocol import OutboxRow
from stores.redis.errors import translated
from topics import keys
from topics.reply import Wrote

KEPT = 24 * 3600  # seconds that /operations/{id} knows an outcome
NOTED = 10  # seconds that a caller's reads wait for what the caller wrote


class ReplyNote(msgspec.Struct, frozen=True, omit_defaults=True):
    """The headers of a reply's outbox row: whose reads are to see what."""

    caller: str | None = None
    wrote: tuple[Wrote, ...] = ()


_note = msgspec.json.Decoder(ReplyNote)


class Replies:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        """All rows in one pipeline; sending one twice changes nothing. Raises Unavailable."""
        pipe = self._redis.pipeline(transaction=False)
        for row in rows:
            operation, body = (row.key or b"").decode(), row.body or b""
            note = _note.decode(row.headers)
            if note.caller:
                for domain, aggregate_id, version in map(msgspec.structs.astuple, note.wrote):
                    name = keys.wrote(note.caller, domain)
                    pipe.append(name, f"{aggregate_id}@{version};")
                    pipe.expire(name, NOTED)
            pipe.set(keys.reply(operation), body, ex=KEPT)
            if row.target:
                pipe.publish(keys.reply_channel(row.target), body)
        async with translated():
            await pipe.execute()
