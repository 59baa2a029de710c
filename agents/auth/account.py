"""The state of an account and what preparation hands to its decider."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from topics.contracts.auth_events import IssuedToken, SessionRefreshed, SessionStarted, Verification
from topics.deciding.decision import Rejection, Sealed
from topics.values.fields import Personal
from topics.values.languages import DEFAULT_LANGUAGE, Language

ROTATION_GRACE = timedelta(seconds=60)
"""Two tabs of one browser refresh with the same token at the same time: the second is given the first one's again."""

VERIFIED_AGAIN = timedelta(seconds=10)
"""Clients follow a verification link twice: within this time the second is given what the first one was."""

MAX_SESSIONS = 20
MAX_ACCESS = 100
"""Access tokens of one session that are good at a time. All of them have to fit the one event that denies them."""
MAX_VERIFICATIONS = 5
MAX_RESETS = 5


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """previous_sha256: the refresh token before the last rotation. access: tokens that may not have expired yet."""

    generation: str
    refresh_sha256: str
    access: tuple[IssuedToken, ...]
    refreshed_at: datetime
    expires_at: datetime
    previous_sha256: str | None = None


class FirstUse(msgspec.Struct, frozen=True, kw_only=True):
    """Of the verification link that verified the address: what it began, and when."""

    reference: str
    session_id: str
    at: datetime


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """email None: nobody has registered under this id. verifications, resets: tokens that are good, the newest last.

    refused_hash: of the password with which the verified address was last registered once more, in vain.
    language: of the mails by which the address was registered, for later ones whose request says none. None: not known.
    erased: nothing else is known, and nobody can register under this id again.
    """

    email: Personal[str] | None = None
    password_hash: str = ""
    refused_hash: str = ""
    verified: bool = False
    verifications: tuple[Verification, ...] = ()
    resets: tuple[Verification, ...] = ()
    first_use: FirstUse | None = None
    sessions: dict[str, Session] = msgspec.field(default_factory=dict[str, Session])
    erased: bool = False
    language: Language | None = None


INVALID_LINK = Rejection("invalid_token", "this link is not valid, ask for a new mail", "token")
EXPIRED_LINK = Rejection("token_expired", "this link has expired, ask for a new mail", "token")


@dataclass(frozen=True, slots=True)
class Unusable:
    """The command itself is at fault: a box that does not open, a password that is too short."""

    code: str
    detail: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class NewAccount:
    """reset: for the mail to the owner, where the address turns out to have a verified account."""

    password_hash: str
    verification: Verification
    reset: Verification


@dataclass(frozen=True, slots=True)
class NewMailToken:
    token: Verification


@dataclass(frozen=True, slots=True)
class Grant:
    """A session, and the tokens of it as the caller gets them (None: nobody asked under a seal)."""

    session: SessionStarted
    answer: Sealed | None


@dataclass(frozen=True, slots=True)
class CheckedPassword:
    """against: the hash that the password was checked with, "" where there was none. refused: it is the one that was
    registered in vain."""

    against: str
    matches: bool
    grant: Grant
    refused: bool = False


def language_of_mail(said: Language | None, account: Account) -> Language:
    """said: by the command."""
    return said or account.language or DEFAULT_LANGUAGE


LinkVerdict = Literal["first", "again", "already", "expired", "unknown"]


@dataclass(frozen=True, slots=True)
class CheckedLink:
    """A verification link. verdict: on the state that preparation saw. grant: None where it is worth no session."""

    genuine: bool
    verdict: LinkVerdict
    grant: Grant | None


@dataclass(frozen=True, slots=True)
class CheckedReset:
    """password: the hash of the new one, or what is wrong with it."""

    genuine: bool
    password: str | Unusable


@dataclass(frozen=True, slots=True)
class Renewal:
    """seen: generation of the session when this was made."""

    seen: str
    session: SessionRefreshed
    answer: Sealed | None


def link_verdict(account: Account, reference: str, now: datetime) -> LinkVerdict:
    """What a genuine verification link is worth. unknown: a later registration or many later mails made it void."""
    if account.verified:
        return "already" if first_session(account, reference, now) is None else "again"
    asked = next((v for v in account.verifications if v.reference == reference), None)
    if account.email is None or asked is None:
        return "unknown"
    return "expired" if now >= asked.expires_at else "first"


def first_session(account: Account, reference: str, now: datetime) -> SessionStarted | None:
    """The session that this link began a moment ago, where nothing has happened to it since."""
    first = account.first_use
    if first is None or first.reference != reference or now - first.at >= VERIFIED_AGAIN:
        return None
    session = account.sessions.get(first.session_id)
    if session is None or session.previous_sha256 is not None:
        return None
    return SessionStarted(
        session_id=first.session_id,
        access=session.access[0],
        generation=session.generation,
        refresh_sha256=session.refresh_sha256,
        started_at=first.at,
        expires_at=session.expires_at,
    )


RefreshVerdict = Literal["rotate", "again", "reused", "unknown"]


def refresh_verdict(session: Session | None, token_sha256: str, now: datetime) -> RefreshVerdict:
    """What a refresh token is worth. reused: it was rotated away long ago, so somebody else holds a copy."""
    if session is None or now >= session.expires_at:
        return "unknown"
    if token_sha256 == session.refresh_sha256:
        return "rotate"
    if token_sha256 != session.previous_sha256:
        return "unknown"
    return "again" if now - session.refreshed_at < ROTATION_GRACE else "reused"
