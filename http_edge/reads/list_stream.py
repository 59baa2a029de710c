"""One client that follows the documents of a list that change: each is told once for all its changes since the last look, as it
is now.

An event's id is a place in the sorted set of the documents that changed last (topics.deciding.projection.View.latest), and
the generation whose set it is. A client that comes back with it gets what changed since. Where nobody can tell what that is,
it gets an event `open` as at the beginning: from here on it hears of all that changes, and what was before it has to read.
"""

from collections.abc import Callable

from http_edge.reads.stream import Home, Stream, event
from http_edge.routing.stream_events import ListPosition, StreamEvent
from http_edge.wire.tokens import Caller
from stores.listed import Place, Slice, Span
from topics import keys

AT_ONCE = 20  # documents of one read; the next ones are read when the client has taken the events of these
AT_ONCE_BYTES = 64 * 1024  # of the documents

_BEHIND = "~"  # sorts behind every id: ids have letters, digits and "_.:-" only


class ListStream(Stream):
    """view, index_name: name the sorted set of the list. tells: a document's JSON → the event for it, None for no event. seen:
    how far the client was when it left, None for a client that comes for the first time."""

    __slots__ = ("_seen", "_tells", "index_name", "view")

    def __init__(
        self,
        home: Home,
        caller: Caller,
        view: str,
        index_name: str,
        tells: Callable[[bytes], StreamEvent | None],
        seen: ListPosition | None,
    ) -> None:
        super().__init__(home, caller, keys.index(view, index_name))
        self.view = view
        self.index_name = index_name
        self._tells = tells
        self._seen = seen

    def wants(self, tag: str) -> Span | None:
        """What to read for this client. tag: of the generation that is read now. None: nothing, since the client has not taken
        all that was written to it."""
        if self._transport is None or self._transport.get_write_buffer_size():
            return None
        span = Span(self.index_name, self.view)
        if self._seen is None or self._seen.tag != tag:
            return span._replace(newest_first=True, entries=1)
        return span._replace(after=Place(self._seen.score, _BEHIND), entries=AT_ONCE, size=AT_ONCE_BYTES)

    def tell(self, tag: str, found: Slice) -> None:
        """Writes the events of the documents that were found. tag: of the generation they are of. found: what wants() asked
        for."""
        if self._seen is None or self._seen.tag != tag:
            return self._begin(ListPosition(tag, found.scores[0].decode() if found.scores else "0"))
        told = list[bytes]()
        for score, value in zip(found.scores, found.documents, strict=True):
            self._seen = ListPosition(tag, score.decode())
            body = keys.split(value)[1] if value else b""
            said = self._tells(body) if body else None
            if said is not None:
                told.append(event(self._seen.id, said))
        if told:
            self._write(b"".join(told))
        if found.more and self.open:
            self._home.look_at((self,))

    def _begin(self, seen: ListPosition) -> None:
        self._seen = seen
        self._write(event(seen.id, StreamEvent("open", b"{}")))
