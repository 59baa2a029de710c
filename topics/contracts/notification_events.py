"""What happened to mails. MailRequested is what the sending effect works on; its event id is the Message-ID."""

from datetime import datetime
from typing import Literal

import msgspec

from topics.contracts.user_events import Preferences
from topics.messages.message import Message, Secret
from topics.messages.topic import FOREVER, Topic
from topics.values.fields import Personal
from topics.values.kurus import KurusSum
from topics.values.languages import Language

UNSAID: Language = "en"
"""The language of a mail to an address whose publisher says none: they write their subjects in English. All mails were English
when letters had no language."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail before it is rendered. subject: empty for the template's own."""

    template: str
    variables: dict[str, str]
    subject: str = ""
    language: Language = UNSAID


CustomerNews = Literal[
    "order_payment_refused",
    "order_accepted",
    "order_delayed",
    "order_ready",
    "order_on_the_way",
    "order_delivered",
    "order_picked_up",
    "order_delivery_failed",
    "order_rejected",
    "order_expired",
    "order_cancelled",
    "order_refunded",
]
OwnerNews = Literal[
    "restaurant_order_new", "restaurant_order_taken", "restaurant_order_reminder", "restaurant_order_cancelled"
]
"""restaurant_order_taken: one that was accepted for the restaurant at once."""


class OrderNews(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an order. about: also the name of the mail's template. What these news do not have is empty.

    at: when it is ready, or wanted, or when it ends without an answer. minutes: of a delay. amount: what is refunded, or what
    the order comes to. items: what is ordered, as `2 x Lahmacun (Acı: az, Büyük boy)`.
    """

    about: CustomerNews | OwnerNews
    order_id: str
    restaurant_id: str
    reason: Personal[str] = ""
    at: datetime | None = None
    minutes: int | None = None
    amount: KurusSum | None = None
    items: tuple[str, ...] = ()


class AddressRemembered(Message, frozen=True, kw_only=True):
    email: Personal[str]


class LetterKept(Message, frozen=True, kw_only=True):
    """It waits until the address is known."""

    letter: Letter


class PreferencesRemembered(Message, frozen=True, kw_only=True):
    preferences: Preferences


class OwnerFound(Message, frozen=True, kw_only=True):
    """Of a restaurant, the key is `restaurant:` and its id: this user is to be told."""

    owner_id: str
    news: OrderNews


class OrderNewsTold(Message, frozen=True, kw_only=True):
    """A user is told of an order: on the topic `notification`, and by mail where mails are wanted."""

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


Event = (
    AddressRemembered
    | PreferencesRemembered
    | LetterKept
    | OwnerFound
    | OrderNewsTold
    | MailRequested
    | MailSent
    | MailFailed
    | RecipientErased
    | MailsVoided
)

TOPIC = Topic(
    name="notification_events",
    messages=(
        AddressRemembered,
        PreferencesRemembered,
        LetterKept,
        OwnerFound,
        OrderNewsTold,
        MailRequested,
        MailSent,
        MailFailed,
        RecipientErased,
        MailsVoided,
    ),
    key="user id, or `address:` and the SHA-256 of a mail address",
    producers=("notification",),
    consumers=("notification",),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
)
