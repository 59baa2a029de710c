"""What is known about an event besides its body."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class EventMeta:
    """About an event: version is the aggregate's after it, at is the time of the command that led to it.

    again: to effects only: an earlier try of this one may have happened.
    """

    id: str
    aggregate_id: str
    version: int
    at: datetime
    correlation_id: str = ""
    again: bool = False
