"""Live routes of lists: the documents of a list that change, as a stream of Server-Sent Events that its clients may leave and
come back to."""

from http_edge.reads.live import HEADERS, LAST_EVENT_ID
from http_edge.reads.own_writes import noted, require
from http_edge.reads.views import Handler, first_look
from http_edge.routing.asked import Asked
from http_edge.routing.routes import LiveListRow
from http_edge.routing.stream_events import ListPosition
from http_edge.wire.answer import EVENT_STREAM, Answer
from http_edge.wire.problems import invalid
from stores.listed import Newest, Span
from topics import keys
from topics.deciding.projection import LATEST


def handler(row: LiveListRow) -> Handler:
    """The row's handler. It raises Problem, and Unavailable where Redis is away."""

    async def opened(asked: Asked) -> Answer:
        seen = _seen(asked.last_event_id)
        wrote, _ = await first_look(row, asked, ())
        await require(asked.edge.reads, row.view.name, noted(wrote))
        view, index = row.view.name, row.latest(asked)
        if seen is not None and await _have_left(asked, view, index, seen):
            seen = None
        assert asked.caller is not None
        stream = asked.edge.streams.open_list(asked.caller, view, index, row.tells, seen)
        return Answer(b"", row.success, EVENT_STREAM, HEADERS, stream)

    return opened


def _seen(last_event_id: str) -> ListPosition | None:
    """Raises Problem 422."""
    try:
        return ListPosition.of(last_event_id) if last_event_id else None
    except ValueError:
        raise invalid(LAST_EVENT_ID, "is no id of an event of this stream") from None


async def _have_left(asked: Asked, view: str, index: str, seen: ListPosition) -> bool:
    """Whether the set may have held documents behind that place which it does not hold any more. Raises Unavailable."""
    first = await asked.edge.lists.read(Span(index, view))
    if not first.scores or float(first.scores[0]) <= float(seen.score):
        return False
    there = await asked.edge.reads.newest(Newest(keys.index(view, index), float("-inf"), LATEST))
    return len(there) >= LATEST
