"""The signature of the payment provider's callbacks: who has the key has sent this body, at about this time.

`Payment-Signature: t=<seconds since the epoch>,v1=<hex>`; v1 is the HMAC-SHA256 under the shared key of `<t>.` and the body's
bytes. The time is signed, so what somebody has kept is good for TOLERANCE seconds at most.
"""

import hmac
import re

HEADER = "Payment-Signature"
TOLERANCE = 300

_FORM = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


def sign(key: bytes, at: int, body: bytes) -> str:
    """The header's value. at: seconds since the epoch."""
    return f"t={at},v1={_digest(key, str(at), body)}"


def is_signed(key: bytes, said: str, body: bytes, now: float) -> bool:
    """said: the header's value. Compared in the same time whatever is wrong with it."""
    found = _FORM.fullmatch(said)
    if found is None:
        return False
    good = hmac.compare_digest(_digest(key, found[1], body), found[2])
    return good and abs(now - int(found[1])) <= TOLERANCE


def _digest(key: bytes, at: str, body: bytes) -> str:
    return hmac.digest(key, f"{at}.".encode() + body, "sha256").hex()
