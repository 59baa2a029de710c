"""Which account a request is for: by the address that it names, or by the token that it carries.

An address has one account at a time. When it is erased, the next one has another id: both derive from the address and from
how many accounts of it were erased before, its place.
"""

import hmac
import uuid

import msgspec
from aiohttp.hdrs import ACCEPT_LANGUAGE

from http_edge.routing.asked import Asked
from http_edge.routing.routes import shown
from http_edge.wire.preferences import language_said
from http_edge.wire.problems import Problem, invalid, not_ready
from topics import keys
from topics.values import tokens
from topics.values.fields import Email, normal_email
from topics.values.languages import DEFAULT_LANGUAGE, Language, language_of_tag

LOGIN = shown("login", "auth")
SESSIONS = shown("sessions", "auth")
DENY = shown("deny", "auth")
PREFERENCES = shown("preferences", "user")

ALIKE_SECONDS = 0.1
"""Requests whose answers must not tell who is registered are answered no sooner than after this time: to ask for a mail costs
the domain a millisecond, which a client could measure."""
HASHED_ALIKE_SECONDS = 0.15
"""The same for requests that hash a password: a new account costs the domain two milliseconds more than a known one."""


class _Preferred(msgspec.Struct):
    """What is read of a user's Preferences. language: one that only newer code knows may stand there."""

    language: str = DEFAULT_LANGUAGE


_preferred = msgspec.json.Decoder(_Preferred)

PLACES_AT_ONCE = 8
"""Looked at for every address, so that one whose accounts were erased takes as long as any other."""


class Address(msgspec.Struct, frozen=True):
    """The body of a request for a mail."""

    email: Email


async def of_address(asked: Asked) -> str:
    """An unknown address has the id that its registration would get, so that its answer takes the same way."""
    address = normal_email(asked.body.email)
    ids = [_id(asked, address, place) for place in range(PLACES_AT_ONCE)]
    places = (LOGIN.ready, keys.login(tokens.sha256_hex(address)), *(keys.document(LOGIN.name, each) for each in ids))
    ready, known, *documents = await asked.edge.reads.get(places)
    if ready is None:
        raise not_ready("Accounts are being prepared, please try again.")
    place = next((place for place, document in enumerate(documents) if not _is_erased(document)), None)
    if place is None:
        return _id(asked, address, await _first_free(asked, address))
    if place == 0 and documents[0] is None and known is not None:
        # An account that the edge did not make, so its id is another one. The look-up by address tells no more than that: when
        # views are built again, an erased account and its successor write it in any order.
        return known.decode()
    return ids[place]


async def _first_free(asked: Asked, address: str) -> int:
    """The first place whose account is not erased, for an address of which very many were: doubles, then halves."""
    low, high = PLACES_AT_ONCE, 2 * PLACES_AT_ONCE
    while await _is_erased_at(asked, address, high):
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        if await _is_erased_at(asked, address, middle):
            low = middle + 1
        else:
            high = middle
    return low


async def _is_erased_at(asked: Asked, address: str, place: int) -> bool:
    (document,) = await asked.edge.reads.get((keys.document(LOGIN.name, _id(asked, address, place)),))
    return _is_erased(document)


def _is_erased(document: bytes | None) -> bool:
    return document is not None and not keys.split(document)[1]


def _id(asked: Asked, address: str, place: int) -> str:
    """The same for one address, so that two registrations at once meet. Keyed: user ids are not for others to compute."""
    again = f"\n{place}" if place else ""
    made = hmac.digest(asked.edge.keys.fingerprint, f"account\n{address}{again}".encode(), "sha256")
    return str(uuid.UUID(bytes=made[:16], version=4))


async def language_of_mail(asked: Asked) -> Language | None:
    """Of the mail to the address that the request names: that of its user's preferences, else what the request says. None:
    neither does. The same look-ups for every address."""
    account = await of_address(asked)
    (document,) = await asked.edge.reads.get((keys.document(PREFERENCES.name, account),))
    said = b"" if document is None else keys.split(document)[1]
    preferred = language_of_tag(_preferred.decode(said).language) if said else None
    return preferred or language_said(asked.headers.get(ACCEPT_LANGUAGE))


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
