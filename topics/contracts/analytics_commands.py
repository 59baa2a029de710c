"""Commands about the figures of a restaurant. The key is the restaurant. From its owner, by way of the edge."""

from datetime import date

import msgspec

from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.values.fields import Id


class ComputeReport(Message, frozen=True, kw_only=True):
    """Answers with the figures of some days (topics/documents/analytics.py), both of them included, in the restaurant's time
    zone.

    first: absent for six days before `last`. last: absent for today, or for as many days after `first` as one report has.
    """

    restaurant_id: Id
    first: date | None = msgspec.field(default=None, name="from")
    last: date | None = msgspec.field(default=None, name="to")


Command = ComputeReport

TOPIC = Topic(
    name="analytics_commands",
    messages=(ComputeReport,),
    key="restaurant id",
    producers=("edge",),
    consumers=("analytics",),
    append_time=True,
)
