"""Commands to the accounts. From the edge, which seals passwords to the auth agent's key first."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from topics.fields import Email, Id, SealedBox, Sha256, Uuid
from topics.message import Message
from topics.registry import Topic


class Register(Message, frozen=True, kw_only=True):
    """Opens the account whose id is the key. password_box: the sealed password."""

    email: Email
    password_box: SealedBox


class ResendVerification(Message, frozen=True, kw_only=True):
    """A new mail token for an account that is not verified yet; says nothing about any other."""

    email: Email


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


Command = Register | ResendVerification | VerifyEmail | Login | Refresh | Logout

TOPIC = Topic(
    name="auth_commands",
    messages=(Register, ResendVerification, VerifyEmail, Login, Refresh, Logout),
    key="user id",
    producers=("edge",),
    consumers=("auth",),
    append_time=True,
)
