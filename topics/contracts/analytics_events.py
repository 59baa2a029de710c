"""That figures of a restaurant were given to its owner."""

from datetime import date, datetime

from topics.messages.message import Message
from topics.messages.topic import FOREVER, Topic


class ReportGiven(Message, frozen=True, kw_only=True):
    """The figures themselves are in no event: they can be computed again."""

    first: date
    last: date
    at: datetime


Event = ReportGiven

TOPIC = Topic(
    name="analytics_events",
    messages=(ReportGiven,),
    key="restaurant id",
    producers=("analytics",),
    consumers=(),
    retention=FOREVER,
)
