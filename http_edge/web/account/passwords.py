"""Passwords on their way in, and what to do about a forgotten one. They leave this process sealed to the auth agent."""

import base64
from typing import Annotated

import msgspec
import nacl.public

from http_edge.routing.asked import Asked
from http_edge.routing.routes import PUBLIC, command
from http_edge.web.account import accounts
from topics.contracts import auth_hashing
from topics.contracts.auth_commands import TOPIC, RequestPasswordReset, ResetPassword
from topics.documents import Done
from topics.values import tokens
from topics.values.passwords import LONGEST, SHORTEST

_NORMAL = {"form": "password"}  # lengths count the form that is hashed
Password = Annotated[str, msgspec.Meta(min_length=SHORTEST, max_length=LONGEST, extra=_NORMAL)]
SaidPassword = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST, extra=_NORMAL)]
"""At a login: a short one is wrong, not malformed."""
SaidToken = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]


class NewPassword(msgspec.Struct, frozen=True):
    """token: of the mail."""

    token: SaidToken
    password: Password


def sealed(asked: Asked, password: str) -> str:
    box = nacl.public.SealedBox(asked.edge.keys.auth_box).encrypt(password.encode())
    return base64.b64encode(box).decode()


async def _forgot(asked: Asked) -> RequestPasswordReset:
    return RequestPasswordReset(email=asked.body.email, language=await accounts.language_of_mail(asked))


def _reset(asked: Asked) -> ResetPassword:
    return ResetPassword(
        reference=accounts.reference(asked),
        token_sha256=tokens.sha256_hex(asked.body.token),
        password_box=sealed(asked, asked.body.password),
    )


ROUTES = (
    command(
        "POST", "/auth/forgot-password", RequestPasswordReset, to=TOPIC, takes=accounts.Address, make=_forgot,
        key=accounts.of_address, who=PUBLIC, gives=Done, no_sooner=accounts.ALIKE_SECONDS, mails=True,
        says="A mail with a link to choose a new password. The answer is the same for every address.",
    ),
    command(
        "POST", "/auth/reset-password", ResetPassword, to=TOPIC, takes=NewPassword, make=_reset,
        key=accounts.of_mail_token, who=PUBLIC, gives=Done, waits_for_view=accounts.DENY,
        must_be_shown=True, hashed_on=auth_hashing.TOPIC,
        answers={400: ("invalid_token", "token_expired"), 422: "invalid_password"},
        says="Choose a new password with the token of the mail's link; ends every session.",
    ),
)  # fmt: skip
