"""The state of an account and what preparation hands to its decider."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from topics.auth_events import IssuedToken, SessionRefreshed, SessionStarted, Verification
from topics.decision import Sealed

ROTATION_GRACE = timedelta(seconds=60)
"""Two tabs of one browser refresh with the same token at the same time: the second is given the first one's again."""

MAX_SESSIONS = 20
MAX_VERIFICATIONS = 5


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """previous_sha256: the refresh token before the last rotation. access: tokens that may not have expired yet."""

    generation: str
    refresh_sha256: str
    access: tuple[IssuedToken, ...]
    refreshed_at: datetime
    expires_at: datetime
    previous_sha256: str | None = None


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """email None: nobody has registered under this id. verifications: the newest last."""

    email: str | None = None
    password_hash: str = ""
    verified: bool = False
    verifications: tuple[Verification, ...] = ()
    sessions: dict[str, Session] = msgspec.field(default_factory=dict[str, Session])


@dataclass(frozen=True, slots=True)
class Unusable:
    """The command itself is at fault: a box that does not open, a password that is too short."""

    code: str
    detail: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class NewAccount:
    password_hash: str
    verification: Verification


@dataclass(frozen=True, slots=True)
class Grant:
    """A session to begin, and the tokens of it as the caller gets them (None: nobody asked under a seal)."""

    session: SessionStarted
    answer: Sealed | None


@dataclass(frozen=True, slots=True)
class CheckedPassword:
    """against: the hash that the password was checked with, "" where there was none."""

    against: str
    matches: bool
    grant: Grant


@dataclass(frozen=True, slots=True)
class CheckedMailToken:
    genuine: bool
    grant: Grant


@dataclass(frozen=True, slots=True)
class Renewal:
    """seen: generation of the session when this was made."""

    seen: str
    session: SessionRefreshed
    answer: Sealed | None


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
