"""Public: news for a user or an address, in the shape of `email_event`. Restaurants publish campaigns here, and
the notification domain news of orders, so that others tell them by other ways than mail (docs/decisions/076)."""

from typing import Literal

import msgspec

from topics.contracts.email_event import MAILS, DiscountMail, PasswordResetMail, VerificationMail, mail_type
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.values.fields import Recipient, Text, Word


class OrderVariables(msgspec.Struct, frozen=True, kw_only=True):
    """title, description: for people, in the user's language. news: what happened, e.g. `order_accepted`; there may be more of
    them in time."""

    title: Text
    description: Text
    news: Word = ""
    order_id: Word = ""
    restaurant_id: Word = ""


class OrderMail(Message, frozen=True, kw_only=True):
    """News of an order, for its customer or for the owner of the restaurant. Others may publish them too."""

    type: Literal["order"] = "order"
    to: Recipient
    variables: OrderVariables
    subject: Text = ""
    template: Word = ""
    language: Word = ""


Notification = VerificationMail | PasswordResetMail | DiscountMail | OrderMail

TOPIC = Topic(
    name="notification",
    messages=(*MAILS, OrderMail),
    key="user id or mail address",
    producers=("restaurant", "notification", "other systems"),
    consumers=("notification",),
    append_time=True,
    untyped=mail_type((*MAILS, OrderMail)),
)
