"""Commands to a recipient of mails: made by the notification domain itself, of what it takes in and of what it sent.

An address is no key, so that none stays in a store as the id of a state: its SHA-256 is (agents/notification/recipient.py).
TellOwner has the key `restaurant:` and the id of one.
"""

from datetime import datetime
from typing import Annotated, ClassVar

from msgspec import Meta

from topics.contracts.notification_events import UNSAID, OrderNews
from topics.contracts.user_events import Preferences
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.messages.upcasting import Upcast
from topics.values.fields import Email, Recipient, Text, Word
from topics.values.kurus import KurusSum, lira_before
from topics.values.languages import Language

Template = Annotated[str, Meta(min_length=1, max_length=64)]


class RememberAddress(Message, frozen=True, kw_only=True):
    """Where the user of this key gets mail."""

    email: Email


class SendMail(Message, frozen=True, kw_only=True):
    """to: an address, or the id of a user whose address may not be known yet. language: of a mail to an address; a user's mails
    are in the language of their preferences."""

    to: Recipient
    template: Template
    variables: dict[str, Text]
    subject: Text = ""
    language: Language = UNSAID


class ConfirmOrder(Message, frozen=True, kw_only=True):
    """To the customer: the order is placed."""

    schema_version: ClassVar[int] = 2

    order_id: str
    restaurant_name: Word
    total: KurusSum
    restaurant_id: str = ""


class TellOfOrder(Message, frozen=True, kw_only=True):
    """To a user: the customer, or the owner of the restaurant. What it is about says whose news it is."""

    news: OrderNews


class TellOwner(Message, frozen=True, kw_only=True):
    """To a restaurant, whose owner is to be told."""

    news: OrderNews


class RememberPreferences(Message, frozen=True, kw_only=True):
    """Which news the user of this key wants."""

    preferences: Preferences


class RecordSent(Message, frozen=True, kw_only=True):
    """mail_id: id of the MailRequested event."""

    mail_id: str


class RecordFailed(Message, frozen=True, kw_only=True):
    """The mail server refused it for good."""

    mail_id: str
    reason: Text


class EraseRecipient(Message, frozen=True, kw_only=True):
    """The account of the user of this key is erased: the address is forgotten, and nothing is sent any more."""

    erased_at: datetime


class VoidMails(Message, frozen=True, kw_only=True):
    """To an address whose user is erased: what was asked for until then and is not out is not sent."""

    until: datetime


Command = (
    RememberAddress
    | RememberPreferences
    | SendMail
    | ConfirmOrder
    | TellOfOrder
    | TellOwner
    | RecordSent
    | RecordFailed
    | EraseRecipient
    | VoidMails
)

TOPIC = Topic(
    name="notification_commands",
    messages=(
        RememberAddress,
        RememberPreferences,
        SendMail,
        ConfirmOrder,
        TellOfOrder,
        TellOwner,
        RecordSent,
        RecordFailed,
        EraseRecipient,
        VoidMails,
    ),
    key="user id, or `address:` and the SHA-256 of a mail address",
    producers=("notification",),
    consumers=("notification",),
    append_time=True,
    upcasts=(Upcast(ConfirmOrder, 1, lira_before("total")),),
)
