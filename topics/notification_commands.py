"""Commands to a recipient of mails: made by the notification domain itself, of what it takes in and of what it sent."""

from typing import Annotated

from msgspec import Meta

from topics.fields import Email, Recipient, Sum, Text, Word
from topics.message import Message
from topics.registry import Topic

Template = Annotated[str, Meta(min_length=1, max_length=64)]


class RememberAddress(Message, frozen=True, kw_only=True):
    """Where the user of this key gets mail."""

    email: Email


class SendMail(Message, frozen=True, kw_only=True):
    """to: an address, or the id of a user whose address may not be known yet."""

    to: Recipient
    template: Template
    variables: dict[str, Text]
    subject: Text = ""


class ConfirmOrder(Message, frozen=True, kw_only=True):
    order_id: str
    restaurant_name: Word
    total: Sum


class RecordSent(Message, frozen=True, kw_only=True):
    """mail_id: id of the MailRequested event."""

    mail_id: str


class RecordFailed(Message, frozen=True, kw_only=True):
    """The mail server refused it for good."""

    mail_id: str
    reason: Text


Command = RememberAddress | SendMail | ConfirmOrder | RecordSent | RecordFailed

TOPIC = Topic(
    name="notification_commands",
    messages=(RememberAddress, SendMail, ConfirmOrder, RecordSent, RecordFailed),
    key="user id or mail address",
    producers=("notification",),
    consumers=("notification",),
    append_time=True,
)
