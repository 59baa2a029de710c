"""The state of a recipient of news: a user, or an address. A restaurant, whose owner is told, has none."""

from datetime import datetime

import msgspec

from topics.contracts.notification_events import Letter
from topics.contracts.user_events import Preferences
from topics.values.fields import Personal
from topics.values.tokens import sha256_hex


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """email: of a user, once known. kept: letters that wait for it. preferences: of a user.

    voided: mails that were requested until then are not sent; the user is erased. erased: a user, who gets no mail any more.
    An address may have a new user, whose mails are sent.
    """

    email: Personal[str] | None = None
    kept: tuple[Letter, ...] = ()
    preferences: Preferences = Preferences()
    voided: datetime | None = None
    erased: bool = False


def key_of(to: str) -> str:
    """Aggregate id: a user's own id; of an address a hash, since the ids of states are never removed."""
    return f"address:{sha256_hex(to)}" if "@" in to else to


def restaurant(restaurant_id: str) -> str:
    """Aggregate id of a restaurant whose owner is to be told."""
    return f"restaurant:{restaurant_id}"
