"""What mails are written with. The words stand in english.py and turkish.py: the same mails, with the same variables.

A text names its variables as `{order_id}`. A paragraph of which a variable is empty is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """path: below the clients' origin."""

    label: str
    path: str


@dataclass(frozen=True, slots=True)
class Mail:
    subject: str
    paragraphs: tuple[str, ...]
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """mails: by the names of their templates. restaurant: instead of a name that is not known. comma: of an amount."""

    mails: Mapping[str, Mail]
    restaurant: str
    comma: str
