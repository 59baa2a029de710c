"""Mails to customers. The composition root chooses what sends them."""

from dataclasses import dataclass

ABOUT = "Lezzet-About"
"""The header of Mail.about."""


class Refused(Exception):
    """The mail server will never take this mail. The text says why, in its words."""


class Deferred(Exception):
    """The mail server does not take this mail now; it may take others. The text says why, in its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """id: of the event that asked for it; the Message-ID is `<id@lezzet>`, the same on every try.

    about: what kind of mail it is, the same in every language; '' without one.

    secret: a part of the text that no error may show, '' without one: a mail server's answer may quote the mail.
    """

    id: str
    to: str
    subject: str
    text: str
    html: str
    about: str = ""
    secret: str = ""
