"""Public: somebody is to get a mail. Published by auth, and by other systems, which may send no headers.

variables.token may be a reference (topics/values/tokens.py) from which the notifier derives the token.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from topics.messages.message import Message, Undecodable, field_error
from topics.messages.topic import Topic
from topics.values.fields import Recipient, Text, Word


class TokenVariables(msgspec.Struct, frozen=True, kw_only=True):
    token: Annotated[str, Meta(min_length=1, max_length=1000)]


class DiscountVariables(msgspec.Struct, frozen=True, kw_only=True):
    title: Word
    description: Text


class VerificationMail(Message, frozen=True, kw_only=True):
    """subject, template: the notifier's own where empty."""

    type: Literal["verification"] = "verification"
    to: Recipient
    variables: TokenVariables
    subject: Text = ""
    template: Word = ""


ALREADY_REGISTERED = "already_registered"
"""The one template that a publisher may name: somebody registered an address that has an account."""


class PasswordResetMail(Message, frozen=True, kw_only=True):
    """template: ALREADY_REGISTERED, any other is the notifier's own."""

    type: Literal["password_reset"] = "password_reset"
    to: Recipient
    variables: TokenVariables
    subject: Text = ""
    template: Word = ""


class DiscountMail(Message, frozen=True, kw_only=True):
    type: Literal["discount"] = "discount"
    to: Recipient
    variables: DiscountVariables
    subject: Text = ""
    template: Word = ""


Mail = VerificationMail | PasswordResetMail | DiscountMail

MAILS: tuple[type[Message], ...] = (VerificationMail, PasswordResetMail, DiscountMail)
_BY_TYPE = {"verification": VerificationMail, "password_reset": PasswordResetMail, "discount": DiscountMail}


class _Kind(msgspec.Struct):
    type: str


def mail_type(body: bytes) -> str:
    """The message type of a body without headers. Raises Undecodable, which names `type` where that is at fault."""
    try:
        said = msgspec.json.decode(body, type=_Kind).type
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise field_error(error) from error
    known = _BY_TYPE.get(said)
    if known is None:
        raise Undecodable("type", f"unknown type {said[:80]!r}, known are {', '.join(_BY_TYPE)}")
    return known.__name__


TOPIC = Topic(
    name="email_event",
    messages=MAILS,
    key="mail address",
    producers=("auth", "other systems"),
    consumers=("notification",),
    append_time=True,
    untyped=mail_type,
)
