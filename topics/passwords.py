"""What a password is: both the edge, which seals it, and the auth agent, which hashes it, keep to this.

One normal form (NFC): a keyboard that composes `ğ` and one that sends `g` and a breve mean the same password.
"""

import unicodedata

SHORTEST = 8
LONGEST = 128
LONGEST_SENT = 4 * LONGEST
"""Characters that a password within the limit may have before it is normal: NFD makes four of one at most."""

LENGTH = f"a password has {SHORTEST} to {LONGEST} characters"


def normal_password(said: str) -> str:
    return unicodedata.normalize("NFC", said)


def well_sized(normal: str) -> bool:
    """normal: of normal_password()."""
    return SHORTEST <= len(normal) <= LONGEST
