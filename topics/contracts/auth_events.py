"""What happened to accounts. Read by projections (log-in look-up, token deny-list). Erasures are told on `user_erased`.

language, of those that lead to a mail: of that mail. None: of before mails of accounts had one; they were English.
"""

from datetime import datetime

import msgspec

from topics.messages.message import Message, Secret
from topics.messages.topic import FOREVER, Topic
from topics.values.fields import Id, Personal, Sha256
from topics.values.languages import Language


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """A mail token by its reference and hash. token: in plain only under EMAIL_EVENT_TOKENS=plain."""

    reference: str
    token_sha256: Sha256
    expires_at: datetime
    token: str | None = None


class IssuedToken(msgspec.Struct, frozen=True, kw_only=True):
    """An access token, by its id."""

    jti: Id
    expires_at: datetime


class AccountRegistered(Message, frozen=True, kw_only=True):
    """email: as claimed (lower case). password_hash: argon2id, in the domain's store only."""

    email: Personal[str]
    verification: Verification
    password_hash: Secret[str] = ""
    language: Language | None = None


class RegistrationRepeated(Message, frozen=True, kw_only=True):
    """An address that is not verified was registered again: this password counts, and no earlier link does."""

    email: Personal[str]
    verification: Verification
    password_hash: Secret[str] = ""
    language: Language | None = None


class VerificationRequested(Message, frozen=True, kw_only=True):
    email: Personal[str]
    verification: Verification
    language: Language | None = None


class EmailVerified(Message, frozen=True, kw_only=True):
    """reference: of the mail's token. session_id: what the link began, None where a reset of the password verified."""

    email: Personal[str]
    reference: str
    session_id: str | None = None
    verified_at: datetime | None = None


class PasswordResetRequested(Message, frozen=True, kw_only=True):
    """reset: the mail's token. already_registered: somebody registered the address, its owner is told in the mail.

    refused_hash: of the password that was registered in vain; a login with it says what it says for a new account.
    """

    email: Personal[str]
    reset: Verification
    already_registered: bool = False
    refused_hash: Secret[str] = ""
    language: Language | None = None


class PasswordReset(Message, frozen=True, kw_only=True):
    """A new password. Every reset token is void from here on; the sessions end by events of their own."""

    email: Personal[str]
    reference: str
    reset_at: datetime
    password_hash: Secret[str] = ""


class SessionStarted(Message, frozen=True, kw_only=True):
    """generation: what the refresh token derives from. expires_at: of the refresh token."""

    session_id: str
    access: IssuedToken
    generation: str
    refresh_sha256: Sha256
    started_at: datetime
    expires_at: datetime


class SessionRefreshed(Message, frozen=True, kw_only=True):
    """The refresh token was rotated (generation is new) or, for a second asker within the grace, given again."""

    session_id: str
    access: IssuedToken
    generation: str
    refresh_sha256: Sha256
    refreshed_at: datetime
    expires_at: datetime


class SessionEnded(Message, frozen=True, kw_only=True):
    """denied: every access token of the session that has not expired by itself."""

    session_id: str
    denied: tuple[IssuedToken, ...]
    ended_at: datetime


class AccountErased(Message, frozen=True, kw_only=True):
    """The account is no more, and never will be again under this id. Its sessions end by events of their own before it."""

    erased_at: datetime


Event = (
    AccountRegistered
    | RegistrationRepeated
    | VerificationRequested
    | EmailVerified
    | PasswordResetRequested
    | PasswordReset
    | SessionStarted
    | SessionRefreshed
    | SessionEnded
    | AccountErased
)

TOPIC = Topic(
    name="auth_events",
    messages=(
        AccountRegistered,
        RegistrationRepeated,
        VerificationRequested,
        EmailVerified,
        PasswordResetRequested,
        PasswordReset,
        SessionStarted,
        SessionRefreshed,
        SessionEnded,
        AccountErased,
    ),
    key="user id",
    producers=("auth",),
    consumers=("auth",),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
)
