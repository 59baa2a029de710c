"""The state of a recipient of mails: a user, or an address."""

from datetime import datetime

import msgspec

from topics.contracts.notification_events import Letter
from topics.values.tokens import sha256_hex


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """email: of a user, once known. kept: letters that wait for it.

    voided: mails that were requested until then are not sent; the user is erased. erased: a user, who gets no mail any more.
    An address may have a new user, whose mails are sent.
    """

    email: str | None = None
    kept: tuple[Letter, ...] = ()
    voided: datetime | None = None
    erased: bool = False


def key_of(to: str) -> str:
    """Aggregate id: a user's own id; of an address a hash, since the ids of states are never removed."""
    return f"address:{sha256_hex(to)}" if "@" in to else to
