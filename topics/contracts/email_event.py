"""Public: somebody is to get a mail. Published by auth, and by other systems, which may send no headers.

variables.token may be a reference (topics/values/tokens.py) from which the notifier derives the token.

language: of a mail to an address, as a tag such as `tr` or `en-GB`. English where it is empty or none of ours. Mails to the
id of a user are in the language of the user's preferences.
"""

from collections.abc import Callable, Iterable
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
    language: Word = ""


ALREADY_REGISTERED = "already_registered"
"""The one template that a publisher may name: somebody registered an address that has an account."""


class PasswordResetMail(Message, frozen=True, kw_only=True):
    """template: ALREADY_REGISTERED, any other is the notifier's own."""

    type: Literal["password_reset"] = "password_reset"
    to: Recipient
    variables: TokenVariables
    subject: Text = ""
    template: Word = ""
    language: Word = ""


class DiscountMail(Message, frozen=True, kw_only=True):
    type: Literal["discount"] = "discount"
    to: Recipient
    variables: DiscountVariables
    subject: Text = ""
    template: Word = ""
    language: Word = ""


Mail = VerificationMail | PasswordResetMail | DiscountMail

MAILS: tuple[type[Message], ...] = (VerificationMail, PasswordResetMail, DiscountMail)


class _Kind(msgspec.Struct):
    type: str


def mail_type(kinds: Iterable[type[Message]]) -> Callable[[bytes], str]:
    """The name of the message type of a body without headers, by its field `type`. kinds: those that there are.

    What is returned raises Undecodable, which names `type` where that is at fault.
    """
    known = {_said_by(kind): kind.__name__ for kind in kinds}

    def of(body: bytes) -> str:
        try:
            said = msgspec.json.decode(body, type=_Kind).type
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise field_error(error) from error
        if said not in known:
            raise Undecodable("type", f"unknown type {said[:80]!r}, known are {', '.join(known)}")
        return known[said]

    return of


def _said_by(kind: type[Message]) -> str:
    return next(field.default for field in msgspec.structs.fields(kind) if field.name == "type")


TOPIC = Topic(
    name="email_event",
    messages=MAILS,
    key="mail address",
    producers=("auth", "other systems"),
    consumers=("notification",),
    append_time=True,
    untyped=mail_type(MAILS),
)
