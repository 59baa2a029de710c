"""Notices: which documents of a view have changed. The script that changes the documents publishes them.

A notice has ids only; its receiver reads the documents, many at once. So a notice may come twice, and after lost ones it is
enough to read again.
"""

from collections.abc import Callable, Sequence

import msgspec
from redis.asyncio import Redis

from stores.redis.listening import Listening
from stores.telemetry import logger
from topics import keys

_log = logger("stores.redis.notices")


class Notice(msgspec.Struct, frozen=True, omit_defaults=True):
    """ids: of the documents of this view that have changed; none: any may have, since another generation is read now. lists:
    names of the sorted sets of the latest changes in which they stand."""

    view: str
    ids: Sequence[str]
    lists: Sequence[str] = ()


_encode = msgspec.json.encode
_decoder = msgspec.json.Decoder(Notice)


def notice(view: str, ids: Sequence[str], lists: Sequence[str] = ()) -> tuple[str, str, bytes]:
    """The Redis command that publishes a notice."""
    return "PUBLISH", keys.CHANGES, _encode(Notice(view, ids, lists))


class Notices:
    """Receives the notices of all views in an edge process, over one connection.

    changed: called with view, ids and lists. missed: called when notices may have been lost.
    """

    def __init__(
        self, client: Redis, changed: Callable[[str, Sequence[str], Sequence[str]], None], missed: Callable[[], None]
    ) -> None:
        self._changed = changed
        self._missed = missed
        self._listening = Listening(client, keys.CHANGES, self._hear, self._catch_up)

    def start(self) -> None:
        self._listening.start()

    async def stop(self) -> None:
        await self._listening.stop()

    async def _catch_up(self) -> None:
        self._missed()

    def _hear(self, data: bytes) -> None:
        try:
            heard = _decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeError) as error:
            _log.error("a notice that is none", error=str(error))
            return
        self._changed(heard.view, heard.ids, heard.lists)
