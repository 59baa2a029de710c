"""Accounts: how one is opened, verified and logged in to. Tokens come back sealed to this process."""

import base64

import msgspec

from http_edge.routing.asked import Asked
from http_edge.routing.routes import PUBLIC, OwnRow, command
from http_edge.web.account import accounts, failed_logins
from http_edge.web.account.accounts import LOGIN, SESSIONS
from http_edge.web.account.passwords import Password, SaidPassword, SaidToken, sealed
from http_edge.wire.answer import Answer, of_json
from topics.contracts import auth_hashing
from topics.contracts.auth_commands import TOPIC, Login, Refresh, Register, ResendVerification, VerifyEmail
from topics.documents import Done
from topics.documents.account import Tokens
from topics.values import tokens
from topics.values.fields import Email


class NewAccount(msgspec.Struct, frozen=True):
    email: Email
    password: Password


class Credentials(msgspec.Struct, frozen=True):
    email: Email
    password: SaidPassword


class MailedToken(msgspec.Struct, frozen=True):
    token: SaidToken


class RefreshToken(msgspec.Struct, frozen=True):
    refresh_token: SaidToken


class Health(msgspec.Struct, frozen=True):
    status: str


class JsonWebKey(msgspec.Struct, frozen=True):
    kty: str
    crv: str
    x: str
    kid: str
    alg: str
    use: str


class JsonWebKeys(msgspec.Struct, frozen=True):
    keys: tuple[JsonWebKey, ...]


async def _register(asked: Asked) -> Register:
    language = await accounts.language_of_mail(asked)
    return Register(email=asked.body.email, password_box=sealed(asked, asked.body.password), language=language)


async def _resend(asked: Asked) -> ResendVerification:
    return ResendVerification(email=asked.body.email, language=await accounts.language_of_mail(asked))


def _login(asked: Asked) -> Login:
    return Login(email=asked.body.email, password_box=sealed(asked, asked.body.password))


def _verify(asked: Asked) -> VerifyEmail:
    return VerifyEmail(reference=accounts.reference(asked), token_sha256=tokens.sha256_hex(asked.body.token))


def _read_refresh(asked: Asked) -> tuple[str, str]:
    return accounts.read(asked.body.refresh_token, "invalid_refresh_token", "refresh_token")


def _refreshed_for(asked: Asked) -> str:
    return _read_refresh(asked)[0]


def _refresh(asked: Asked) -> Refresh:
    return Refresh(session_id=_read_refresh(asked)[1], token_sha256=tokens.sha256_hex(asked.body.refresh_token))


async def _health(asked: Asked) -> Answer:
    return of_json(Health("ok"))


async def _jwks(asked: Asked) -> Answer:
    public = bytes(asked.edge.keys.jwt)
    x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
    kid = tokens.key_id(public)
    key = JsonWebKey(kty="OKP", crv="Ed25519", x=x, kid=kid, alg="EdDSA", use="sig")
    return of_json(JsonWebKeys(keys=(key,)), headers={"Cache-Control": "public, max-age=300"})


ROUTES = (
    command(
        "POST", "/auth/register", Register, to=TOPIC, takes=NewAccount, make=_register, key=accounts.of_address,
        who=PUBLIC, success=201, gives=Done, answers={422: "invalid_password"}, waits_for_view=LOGIN,
        no_sooner=accounts.HASHED_ALIKE_SECONDS, hashed_on=auth_hashing.TOPIC, few_a_minute=True, mails=True,
        says="Open an account; a mail with a link verifies the address. The answer is the same for every address.",
    ),
    command(
        "POST", "/auth/verify-email", VerifyEmail, to=TOPIC, takes=MailedToken, make=_verify,
        key=accounts.of_mail_token, who=PUBLIC, gives=Tokens | Done, tokens=True, waits_for_view=SESSIONS,
        answers={400: ("invalid_token", "token_expired")},
        says="Verify the address with the token of the mail's link; logs in, the first time.",
    ),
    command(
        "POST", "/auth/resend-verification", ResendVerification, to=TOPIC, takes=accounts.Address, make=_resend,
        key=accounts.of_address, who=PUBLIC, gives=Done, no_sooner=accounts.ALIKE_SECONDS, mails=True,
        says="Another verification mail. The answer is the same for every address.",
    ),
    command(
        "POST", "/auth/login", Login, to=TOPIC, takes=Credentials, make=_login, key=accounts.of_address, who=PUBLIC,
        gives=Tokens, tokens=True, waits_for_view=SESSIONS, hashed_on=auth_hashing.TOPIC, on_reply=failed_logins.count,
        answers={400: (failed_logins.WRONG, "email_not_verified")},
        says="Log in with address and password.",
    ),
    command(
        "POST", "/auth/refresh", Refresh, to=TOPIC, takes=RefreshToken, make=_refresh, key=_refreshed_for, who=PUBLIC,
        gives=Tokens, tokens=True, answers={400: "invalid_refresh_token"},
        says="New tokens for a refresh token, which is used up.",
    ),
    OwnRow(method="GET", path="/auth/health", who=PUBLIC, gives=Health, handle=_health, says="The gateway answers."),
    OwnRow(
        method="GET", path="/.well-known/jwks.json", who=PUBLIC, gives=JsonWebKeys, handle=_jwks,
        says="Public key of the access tokens.",
    ),
)  # fmt: skip
