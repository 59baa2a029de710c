"""Tokens that carry their own address: whose they are can be read from them, that they are genuine only with the key.

mail token:    base64url(user id 16 B | reference 16 B | HMAC 16 B), no padding
refresh token: base64url(user id 16 B | session id 16 B | HMAC 16 B), no padding

A topic carries a mail token as a reference, `ref:<user id>:<reference>`, and a refresh token as its SHA-256.
"""

import base64
import binascii
import hashlib
import hmac
import uuid
from datetime import timedelta

MAIL_TOKEN_LIFE = timedelta(minutes=15)
ACCESS_TOKEN_LIFE = timedelta(minutes=15)
REFRESH_TOKEN_LIFE = timedelta(days=7)

VERIFY = "verify"
RESET = "reset"

_REFERENCE = "ref:"


def key_id(public: bytes) -> str:
    """`kid` of an access token and in the JWKS: first 16 hex digits of the public key's SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


class BadToken(ValueError):
    """The text has not the form of such a token."""


def mail_token(key: bytes, purpose: str, user_id: str, reference: str) -> str:
    """purpose: VERIFY or RESET. Raises BadToken where an id is no UUID."""
    user, ref = _id_bytes(user_id), _id_bytes(reference)
    return _text(user + ref + _tag(key, f"{purpose}{user_id}{reference}"))


def refresh_token(key: bytes, user_id: str, session_id: str, generation: str) -> str:
    """generation: changes with each rotation, is known to the account only. Raises BadToken where an id is no UUID."""
    user, session = _id_bytes(user_id), _id_bytes(session_id)
    return _text(user + session + _tag(key, f"refresh{user_id}{session_id}{generation}"))


def read(token: str) -> tuple[str, str]:
    """(user id, reference or session id) of a token, not checked to be genuine. Raises BadToken."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadToken("not base64url") from None
    if len(raw) != 48:
        raise BadToken(f"{len(raw)} bytes, 48 are needed")
    return str(uuid.UUID(bytes=raw[:16])), str(uuid.UUID(bytes=raw[16:32]))


def sha256_hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def as_reference(user_id: str, reference: str) -> str:
    return f"{_REFERENCE}{user_id}:{reference}"


def is_reference(text: str) -> bool:
    """Whether the text stands for a token of ours; any other one is a token of another system."""
    return text.startswith(_REFERENCE)


def from_reference(key: bytes, purpose: str, text: str) -> str:
    """The token behind `ref:<user id>:<reference>`; any other text stays as it is.

    Raises BadToken where it begins like a reference and is none.
    """
    if not is_reference(text):
        return text
    user_id, _, reference = text.removeprefix(_REFERENCE).partition(":")
    return mail_token(key, purpose, user_id, reference)


def _tag(key: bytes, said: str) -> bytes:
    return hmac.digest(key, said.encode(), "sha256")[:16]


def _id_bytes(text: str) -> bytes:
    try:
        return uuid.UUID(text).bytes
    except ValueError:
        raise BadToken("an id of it is no UUID") from None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
