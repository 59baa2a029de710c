"""Public: news for a user or an address, in the shape of `email_event`. Restaurants publish campaigns here."""

from topics.contracts.email_event import MAILS, mail_type
from topics.messages.topic import Topic

TOPIC = Topic(
    name="notification",
    messages=MAILS,
    key="user id or mail address",
    producers=("restaurant", "other systems"),
    consumers=("notification",),
    append_time=True,
    untyped=mail_type,
)
