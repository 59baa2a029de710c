"""Accounts and sessions. Passwords leave this process sealed to the auth agent; tokens come back sealed to this one."""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import nacl.public

from http_edge.answer import Answer, of_json
from http_edge.asked import Asked, new, own
from http_edge.problems import Problem, invalid
from http_edge.routes import CUSTOMER, PUBLIC, Nothing, OwnRow, command, shown
from topics import ids, keys, tokens
from topics.auth_commands import TOPIC, Login, Logout, Refresh, Register, ResendVerification, VerifyEmail
from topics.documents import Done, Tokens
from topics.fields import Email, normal_email

LOGIN = shown("login", "auth")
DENY = shown("deny", "auth", ready=keys.DENY_READY)

Password = Annotated[str, msgspec.Meta(min_length=8, max_length=128)]
SaidPassword = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
"""At a login: a short one is wrong, not malformed."""
SaidToken = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]


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


def _sealed(asked: Asked, password: str) -> str:
    box = nacl.public.SealedBox(asked.edge.keys.auth_box).encrypt(password.encode())
    return base64.b64encode(box).decode()


def _register(asked: Asked) -> Register:
    return Register(email=asked.body.email, password_box=_sealed(asked, asked.body.password))


def _login(asked: Asked) -> Login:
    return Login(email=asked.body.email, password_box=_sealed(asked, asked.body.password))


async def _account(asked: Asked) -> str:
    """An unknown address gets the id of an account that nobody has, so that its answer takes the same way."""
    address = normal_email(asked.body.email)
    ready, known = await asked.edge.reads.get((LOGIN.ready, keys.login(tokens.sha256_hex(address))))
    if known is not None:
        return known.decode()
    if ready is None:
        raise Problem(
            503, "view_not_ready", "Log-in is being prepared, please try again.", headers={"Retry-After": "2"}
        )
    return ids.derive(address, "nobody")


def _read(token: str, code: str, field: str) -> tuple[str, str]:
    """Raises Problem 400 like the domain does for a token that is none."""
    try:
        return tokens.read(token)
    except tokens.BadToken:
        problem = invalid(field, "is not valid", status=400)
        raise Problem(400, code, problem.detail, errors=problem.errors) from None


def _mailed_for(asked: Asked) -> str:
    return _read(asked.body.token, "invalid_token", "token")[0]


def _verify(asked: Asked) -> VerifyEmail:
    reference = _read(asked.body.token, "invalid_token", "token")[1]
    return VerifyEmail(reference=reference, token_sha256=tokens.sha256_hex(asked.body.token))


def _refreshed_for(asked: Asked) -> str:
    return _read(asked.body.refresh_token, "invalid_refresh_token", "refresh_token")[0]


def _refresh(asked: Asked) -> Refresh:
    session = _read(asked.body.refresh_token, "invalid_refresh_token", "refresh_token")[1]
    return Refresh(session_id=session, token_sha256=tokens.sha256_hex(asked.body.refresh_token))


def _logout(asked: Asked) -> Logout:
    caller = asked.caller
    assert caller is not None
    # a token without a session of ours still ends by its own id
    return Logout(sid=caller.sid or caller.jti, jti=caller.jti, exp=datetime.fromtimestamp(caller.exp, UTC))


async def _health(asked: Asked) -> Answer:
    return of_json(Health("ok"))


async def _jwks(asked: Asked) -> Answer:
    public = bytes(asked.edge.keys.jwt)
    x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
    kid = hashlib.sha256(public).hexdigest()[:16]
    key = JsonWebKey(kty="OKP", crv="Ed25519", x=x, kid=kid, alg="EdDSA", use="sig")
    return of_json(JsonWebKeys(keys=(key,)), headers={"Cache-Control": "public, max-age=300"})


ROUTES = (
    command(
        "POST", "/auth/register", Register, to=TOPIC, takes=NewAccount, make=_register, key=new("user"), who=PUBLIC,
        success=201, gives=Done, answers={409: "email_taken", 422: "invalid_password"}, settles=LOGIN,
        says="Open an account; a mail with a link verifies the address.",
    ),
    command(
        "POST", "/auth/verify-email", VerifyEmail, to=TOPIC, takes=MailedToken, make=_verify, key=_mailed_for,
        who=PUBLIC, gives=Tokens, tokens=True, answers={400: ("invalid_token", "token_expired")},
        says="Verify the address with the token of the mail's link; logs in.",
    ),
    command(
        "POST", "/auth/resend-verification", ResendVerification, to=TOPIC, key=_account, who=PUBLIC, gives=Done,
        says="Another verification mail. The answer is the same for every address.",
    ),
    command(
        "POST", "/auth/login", Login, to=TOPIC, takes=Credentials, make=_login, key=_account, who=PUBLIC, gives=Tokens,
        tokens=True, answers={400: ("invalid_credentials", "email_not_verified")},
        says="Log in with address and password.",
    ),
    command(
        "POST", "/auth/refresh", Refresh, to=TOPIC, takes=RefreshToken, make=_refresh, key=_refreshed_for, who=PUBLIC,
        gives=Tokens, tokens=True, answers={400: "invalid_refresh_token"},
        says="New tokens for a refresh token, which is used up.",
    ),
    command(
        "POST", "/auth/logout", Logout, to=TOPIC, takes=Nothing, make=_logout, key=own, who=CUSTOMER, gives=Done,
        settles=DENY, must_settle=True,
        says="End this session; answers when its tokens are on the deny-list.",
    ),
    OwnRow(method="GET", path="/auth/health", who=PUBLIC, gives=Health, handle=_health, says="The gateway answers."),
    OwnRow(
        method="GET", path="/.well-known/jwks.json", who=PUBLIC, gives=JsonWebKeys, handle=_jwks,
        says="Public key of the access tokens.",
    ),
)  # fmt: skip
