"""Mails to customers. The composition root chooses what sends them."""

from dataclasses import dataclass


class Refused(Exception):
    """The mail server will never take this mail. The text says why, in its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """id: of the event that asked for it; the Message-ID is `<id@lezzet>`, the same on every try."""

    id: str
    to: str
    subject: str
    text: str
    html: str
