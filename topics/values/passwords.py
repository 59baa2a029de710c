"""How long a password is. The edge refuses others by its own check, the auth agent by this one.

Lengths count the normal form (topics/values/forms.py, NFC): a keyboard may send `ğ` as one character or as two.
"""

SHORTEST = 8
LONGEST = 128

LENGTH = f"a password has {SHORTEST} to {LONGEST} characters"


def well_sized(normal: str) -> bool:
    """normal: of topics.values.forms.password()."""
    return SHORTEST <= len(normal) <= LONGEST
