"""Commands to the accounts. From the edge, which seals passwords to the auth agent's key first.

language, of those that lead to a mail: that of the user's preferences, else what the request asks for. None: neither says one
of ours.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.values.fields import Email, Id, SealedBox, Sha256, Uuid
from topics.values.languages import Language


class Register(Message, frozen=True, kw_only=True):
    """To the account that owns the address, else to the one that the address leads to. password_box: sealed."""

    email: Email
    password_box: SealedBox
    language: Language | None = None


class ResendVerification(Message, frozen=True, kw_only=True):
    """A new mail token for an account that is not verified yet; says nothing about any other."""

    email: Email
    language: Language | None = None


class VerifyEmail(Message, frozen=True, kw_only=True):
    """reference and the key (account id) are read from the mail token, token_sha256 proves the rest of it."""

    reference: Uuid
    token_sha256: Sha256


class Login(Message, frozen=True, kw_only=True):
    """email: as the client sent it, must be the account's. The key of an unknown address is any derived id."""

    email: Email
    password_box: SealedBox


class Refresh(Message, frozen=True, kw_only=True):
    """session_id and the key (account id) are read from the refresh token."""

    session_id: Uuid
    token_sha256: Sha256


class Logout(Message, frozen=True, kw_only=True):
    """sid, jti, exp: claims of the access token that asked (exp as time, RFC 3339)."""

    sid: Id
    jti: Id
    exp: Annotated[datetime, Meta(tz=True)]


class LogoutAll(Message, frozen=True, kw_only=True):
    """Ends every session. sid, jti, exp: as in Logout."""

    sid: Id
    jti: Id
    exp: Annotated[datetime, Meta(tz=True)]


class EraseAccount(Message, frozen=True, kw_only=True):
    """Removes the account and all that is known of its user. sid, jti, exp: as in Logout."""

    sid: Id
    jti: Id
    exp: Annotated[datetime, Meta(tz=True)]


class EndSession(Message, frozen=True, kw_only=True):
    """One session of the account, which may be the asker's own."""

    session_id: Id


class RequestPasswordReset(Message, frozen=True, kw_only=True):
    """email: as the client sent it, must be the account's. The key of an unknown address is an id that nobody has."""

    email: Email
    language: Language | None = None


class ResetPassword(Message, frozen=True, kw_only=True):
    """reference, token_sha256 and the key as in VerifyEmail. password_box: the new password, sealed."""

    reference: Uuid
    token_sha256: Sha256
    password_box: SealedBox


Command = (
    Register
    | ResendVerification
    | VerifyEmail
    | Login
    | Refresh
    | Logout
    | LogoutAll
    | EraseAccount
    | EndSession
    | RequestPasswordReset
    | ResetPassword
)

TOPIC = Topic(
    name="auth_commands",
    messages=(
        Register,
        ResendVerification,
        VerifyEmail,
        Login,
        Refresh,
        Logout,
        LogoutAll,
        EraseAccount,
        EndSession,
        RequestPasswordReset,
        ResetPassword,
    ),
    key="user id",
    producers=("edge", "auth"),
    consumers=("auth",),
    append_time=True,
)
