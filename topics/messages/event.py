"""What is known about an event besides its body."""

from datetime import datetime

import msgspec


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
