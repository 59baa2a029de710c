"""What is known about an event besides its body."""

from datetime import datetime

import msgspec

from topics.messages import headers
from topics.messages.message import Undecodable


class EventMeta(msgspec.Struct, frozen=True):
    """About an event: version is the aggregate's after it, at is the time of the command that led to it.

    traceparent: the W3C trace context of its flow, empty where it has none.
    again: to effects only: an earlier try of this one may have happened.
    """

    id: str
    aggregate_id: str
    version: int
    at: datetime
    correlation_id: str = ""
    again: bool = False
    traceparent: str = ""


def time_of(said: str) -> datetime:
    """What the header TIME says. Raises Undecodable for what is no RFC 3339 time: without a zone nobody knows when it was."""
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Undecodable(headers.TIME, "is not an RFC 3339 time")
    return found
