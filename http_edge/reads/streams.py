"""The open streams of one edge process.

A notice names documents and lists that have changed. Streams that follow them are looked at together: one MGET for documents
and deny-list, then a slice of each list that is followed, and each stream is told what is new for it. Besides, all streams are
looked at in turn, every CHECK_SECONDS: that finds who has logged out, and makes good a notice that was lost.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice

from http_edge.reads.list_stream import ListStream
from http_edge.reads.stream import CHECK_SECONDS, DocumentStream, Stream
from http_edge.routing.edge import Lists, Reads
from http_edge.routing.stream_events import DocumentEvents, LatestValueAt, ListPosition, StreamEvent
from http_edge.wire.problems import RETRY_AFTER_SECONDS, Problem, unavailable
from http_edge.wire.tokens import Caller
from stores.ending import end
from stores.errors import Unavailable
from stores.telemetry import logger
from topics import keys

MOST = 6_000  # streams of a process
MOST_OF_A_USER = 20  # in a process: some tabs, some orders
AT_ONCE = 250  # streams in one look: other reads of the process wait behind it
AGAIN_SECONDS = 0.2  # after a look that failed
TICK_SECONDS = 0.25

_log = logger("http_edge.reads.streams")


class Streams:
    """See edge.Follows."""

    def __init__(self, reads: Reads, lists: Lists, clock: Callable[[], float] = time.time) -> None:
        self._reads = reads
        self._lists = lists
        self._clock = clock
        self._following: dict[str, set[Stream]] = {}  # by the place of the document or list
        self._of_user: Counter[str] = Counter()
        self._count = 0
        self._closed = False
        self._changed: dict[Stream, None] = {}  # in order
        self._some_changed = asyncio.Event()
        self._round: deque[Stream] = deque()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def count(self) -> int:
        return self._count

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._look_for_ever()), asyncio.create_task(self._go_round_for_ever())]

    async def stop(self) -> None:
        self.close()
        for task in self._tasks:
            await end(task)

    def close(self) -> None:
        """Ends all, and from here on each as soon as it is opened."""
        self._closed = True
        for stream in self._all():
            stream.end("restart")

    def open(
        self,
        caller: Caller,
        place: str,
        events_of: Callable[[bytes], DocumentEvents],
        seen: int,
        latest_value: LatestValueAt | None = None,
    ) -> Stream:
        """seen: how many of the events the client has. Raises Problem 429 and 503."""
        return self._opened(DocumentStream(self, caller, place, events_of, seen, latest_value))

    def open_list(
        self,
        caller: Caller,
        view: str,
        index_name: str,
        tells: Callable[[bytes], StreamEvent | None],
        seen: ListPosition | None,
    ) -> Stream:
        """As in list_stream.ListStream. Raises Problem 429 and 503."""
        return self._opened(ListStream(self, caller, view, index_name, tells, seen))

    def _opened(self, stream: Stream) -> Stream:
        caller = stream.caller
        if self._count >= MOST:
            raise unavailable("streams_full", "No more streams can be opened here right now, please try again.")
        if self._of_user[caller.id] >= MOST_OF_A_USER:
            later = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            raise Problem(429, "too_many_streams", f"At most {MOST_OF_A_USER} streams are open at once.", headers=later)
        self._following.setdefault(stream.place, set()).add(stream)
        self._of_user[caller.id] += 1
        self._count += 1
        stream.expire_in(caller.exp - self._clock())
        stream.due = asyncio.get_running_loop().time() + CHECK_SECONDS
        self._round.append(stream)
        if self._closed:  # not 503: browsers would not come back, and now they do, to another edge
            stream.end("restart")
        return stream

    def changed(self, view: str, ids: Sequence[str], lists: Sequence[str] = ()) -> None:
        """Looks at the streams that follow these documents or lists of the view. Without ids: at all that follow one of its
        documents."""
        if not ids:
            self.look_at(stream for stream in self._all() if keys.view_of(stream.place) == view)
        places = (*(keys.document(view, each) for each in ids), *(keys.index(view, each) for each in lists))
        for place in places:
            followers = self._following.get(place)
            if followers:
                self.look_at(followers)

    def all_changed(self) -> None:
        """Looks at all streams, since notices may have been lost."""
        self.look_at(self._all())

    def look_at(self, streams: Iterable[Stream]) -> None:
        """Has these streams looked at soon, together with others in one read."""
        self._changed.update(dict.fromkeys(streams))
        self._some_changed.set()

    def leave(self, stream: Stream) -> None:
        """Once a stream."""
        followers = self._following[stream.place]
        followers.remove(stream)
        if not followers:
            del self._following[stream.place]
        self._of_user[stream.caller.id] -= 1
        if not self._of_user[stream.caller.id]:
            del self._of_user[stream.caller.id]
        self._changed.pop(stream, None)
        self._count -= 1

    def _all(self) -> list[Stream]:
        return [stream for followers in self._following.values() for stream in followers]

    async def _look_for_ever(self) -> None:
        while True:
            await self._some_changed.wait()
            streams = list(islice(self._changed, AT_ONCE))
            if not streams:
                self._some_changed.clear()
                continue
            for stream in streams:
                del self._changed[stream]
            try:
                await self._look(streams)
            except Unavailable:
                self.look_at(stream for stream in streams if stream.open)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _look(self, streams: Sequence[Stream]) -> None:
        """Raises Unavailable."""
        places = [_looked_at(stream) for stream in streams]
        denied = [stream.caller.denied_key for stream in streams]
        value_keys = [key for stream in streams if (key := _latest_value_key(stream)) is not None]
        ready, *values = await self._reads.get((keys.DENY_READY, *places, *denied, *value_keys))
        found, revoked = values[: len(streams)], values[len(streams) : 2 * len(streams)]
        latest = dict(zip(value_keys, values[2 * len(streams) :], strict=True))
        of_lists = list[tuple[ListStream, str]]()
        for stream, value, out in zip(streams, found, revoked, strict=True):
            if not stream.open:
                continue
            if out is not None:
                stream.end("token_revoked")
            elif ready is None or value is None:
                pass  # Redis was emptied: the look after the views are built again will tell
            elif isinstance(stream, ListStream):
                of_lists.append((stream, value.decode()))
            elif isinstance(stream, DocumentStream):
                self._tell(stream, partial(stream.tell, value, latest.get(_latest_value_key(stream) or "")))
        for stream, tag in of_lists:
            wanted = stream.wants(tag)
            if wanted is not None:
                read = await self._lists.read(wanted)
                self._tell(stream, partial(stream.tell, tag, read))

    def _tell(self, stream: Stream, tell: Callable[[], None]) -> None:
        try:
            tell()
        except Exception:
            _log.exception("a document that cannot be told", place=stream.place)
            stream.end("not_shown")

    async def _go_round_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self._go_round(loop.time())

    def _go_round(self, now: float) -> None:
        """Beats, and looks at, the streams whose CHECK_SECONDS are over: a sixteenth of all at most. After a restart thousands
        of clients come at the same moment, and are spread over the rounds so."""
        for _ in range(len(self._round) // 16 + 1):
            while self._round and not self._round[0].open:
                self._round.popleft()
            if not self._round or self._round[0].due > now:
                return
            stream = self._round.popleft()
            stream.beat(now)
            if stream.open:
                stream.due = now + CHECK_SECONDS
                self._round.append(stream)
                self.look_at((stream,))


def _looked_at(stream: Stream) -> str:
    """The Redis key to read: of the document, or for a list the ready key of its view, which names the generation."""
    return keys.view_ready(stream.view) if isinstance(stream, ListStream) else stream.place


def _latest_value_key(stream: Stream) -> str | None:
    """The Redis key of what is told besides the document, such as a courier's position. None for no such key."""
    return stream.latest_value.key if isinstance(stream, DocumentStream) and stream.latest_value is not None else None
