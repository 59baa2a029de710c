"""Which account a request is for: by the address that it names, or by the token that it carries."""

import hmac
import uuid

from http_edge.asked import Asked
from http_edge.problems import Problem, invalid, not_ready
from http_edge.routes import shown
from topics import keys, tokens
from topics.fields import normal_email

LOGIN = shown("login", "auth")
SESSIONS = shown("sessions", "auth")
DENY = shown("deny", "auth", ready=keys.DENY_READY)

ALIKE_SECONDS = 0.1
"""Requests whose answers must not tell who is registered are answered no sooner than after this time: to ask for a mail costs
the domain a millisecond, which a client could measure."""
HASHED_ALIKE_SECONDS = 0.15
"""The same for requests that hash a password: a new account costs the domain two milliseconds more than a known one."""


async def of_address(asked: Asked) -> str:
    """An unknown address has the id that its registration would get, so that its answer takes the same way."""
    address = normal_email(asked.body.email)
    ready, known = await asked.edge.reads.get((LOGIN.ready, keys.login(tokens.sha256_hex(address))))
    if ready is None:
        raise not_ready("Accounts are being prepared, please try again.")
    return known.decode() if known is not None else _future_id(asked.edge.keys.fingerprint, address)


def _future_id(key: bytes, address: str) -> str:
    """The same for one address, so that two registrations at once meet. Keyed: user ids are not for others to compute."""
    made = hmac.digest(key, f"account\n{address}".encode(), "sha256")
    return str(uuid.UUID(bytes=made[:16], version=4))


def read(token: str, code: str, field: str) -> tuple[str, str]:
    """(account, reference or session) of a token. Raises Problem 400 like the domain does for a token that is none."""
    try:
        return tokens.read(token)
    except tokens.BadToken:
        problem = invalid(field, "is not valid", status=400)
        raise Problem(400, code, problem.detail, errors=problem.errors) from None


def of_mail_token(asked: Asked) -> str:
    return read(asked.body.token, "invalid_token", "token")[0]


def reference(asked: Asked) -> str:
    return read(asked.body.token, "invalid_token", "token")[1]
