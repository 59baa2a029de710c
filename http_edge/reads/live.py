"""Live routes: what a document tells, as a stream of Server-Sent Events that its clients may leave and come back to."""

import re

from http_edge.reads.views import Handler, looked_up, named
from http_edge.routing.asked import Asked
from http_edge.routing.routes import LiveRow
from http_edge.routing.stream_events import LatestValue, LatestValueAt
from http_edge.wire.answer import EVENT_STREAM, Answer
from http_edge.wire.problems import invalid, not_found
from topics import keys

LAST_EVENT_ID = "Last-Event-ID"

_NUMBER = re.compile(r"[0-9]{1,9}")
# a proxy that collects answers would hold events back
HEADERS = {"X-Accel-Buffering": "no"}


def handler(row: LiveRow) -> Handler:
    """The row's handler. It raises Problem, and Unavailable where Redis is away."""

    async def opened(asked: Asked) -> Answer:
        seen = _seen(asked.last_event_id)
        name = await named(row.key, asked)
        body, _ = await looked_up(row, asked, name)
        if not body:
            raise not_found()
        told = row.events(body)
        if told.complete and seen >= len(told.events):
            # what tells an EventSource not to come back
            return Answer(b"", 204, "")
        assert asked.caller is not None
        stream = asked.edge.streams.open(
            asked.caller, keys.document(row.view.name, name), row.events, seen, _latest_value(row.latest_value, name)
        )
        return Answer(b"", row.success, EVENT_STREAM, HEADERS, stream)

    return opened


def _latest_value(of_row: LatestValue | None, name: str) -> LatestValueAt | None:
    return None if of_row is None else LatestValueAt(of_row.name, of_row.key(name))


def _seen(last_event_id: str) -> int:
    """How many events the client has. Raises Problem 422."""
    if not last_event_id:
        return 0
    if not _NUMBER.fullmatch(last_event_id):
        raise invalid(LAST_EVENT_ID, "is no id of an event of this stream")
    return int(last_event_id)
