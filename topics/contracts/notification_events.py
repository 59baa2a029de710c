"""What happened to mails. MailRequested is what the sending effect works on; its event id is the Message-ID."""

from datetime import datetime

import msgspec

from topics.messages.message import Message, Secret
from topics.messages.topic import FOREVER, Topic


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail before it is rendered. subject: empty for the template's own."""

    template: str
    variables: dict[str, str]
    subject: str = ""


class AddressRemembered(Message, frozen=True, kw_only=True):
    email: str


class LetterKept(Message, frozen=True, kw_only=True):
    """It waits until the address is known."""

    letter: Letter


class MailRequested(Message, frozen=True, kw_only=True):
    to: str
    letter: Letter


class MailSent(Message, frozen=True, kw_only=True):
    mail_id: str


class MailFailed(Message, frozen=True, kw_only=True):
    mail_id: str
    reason: str


class RecipientErased(Message, frozen=True, kw_only=True):
    """The user's account is erased. email: as it was known, for the policy alone."""

    erased_at: datetime
    email: Secret[str] = ""


class MailsVoided(Message, frozen=True, kw_only=True):
    """What this address was to get and what was requested until then is not sent, unless it is out."""

    until: datetime


Event = AddressRemembered | LetterKept | MailRequested | MailSent | MailFailed | RecipientErased | MailsVoided

TOPIC = Topic(
    name="notification_events",
    messages=(AddressRemembered, LetterKept, MailRequested, MailSent, MailFailed, RecipientErased, MailsVoided),
    key="user id, or `address:` and the SHA-256 of a mail address",
    producers=("notification",),
    consumers=("notification",),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
)
