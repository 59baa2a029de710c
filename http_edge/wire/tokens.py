"""Access tokens: who is asking. An Ed25519 check costs about 190 µs, so a good token is remembered by its hash."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import jwt
import nacl.signing
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from topics import keys

MAX_LENGTH = 4096
REMEMBERED = 20_000


class TokenRefused(Exception):
    """code: token_missing, token_expired or token_invalid."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Caller:
    """exp: seconds since the epoch. denied_key: the Redis key that stands when the token was revoked."""

    id: str
    jti: str
    sid: str
    exp: int
    denied_key: str


class Tokens:
    def __init__(self, key: nacl.signing.VerifyKey, clock: Callable[[], float] = time.time) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(bytes(key))
        self._clock = clock
        self._known: dict[bytes, Caller] = {}

    def read(self, authorization: str) -> Caller:
        """The caller of an `Authorization` header. Raises TokenRefused. Says nothing about revocation."""
        digest = hashlib.sha256(authorization.encode("utf-8", "surrogateescape")).digest()
        caller = self._known.get(digest)
        if caller is None:
            caller = self._verify(authorization)
            self._remember(digest, caller)
        elif caller.exp <= self._clock():
            del self._known[digest]
            raise TokenRefused("token_expired")
        return caller

    def _verify(self, authorization: str) -> Caller:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(token) <= MAX_LENGTH:
            raise TokenRefused("token_invalid")
        try:
            claims = jwt.decode(
                token.strip(),
                self._key,
                algorithms=["EdDSA"],
                options={
                    "require": ["sub", "exp", "jti"],
                    "verify_aud": False,
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            sub, jti, sid, exp = claims["sub"], claims["jti"], claims.get("sid", ""), claims["exp"]
        except (jwt.InvalidTokenError, ValueError):
            raise TokenRefused("token_invalid") from None
        if not (
            isinstance(sub, str) and isinstance(jti, str) and isinstance(sid, str) and isinstance(exp, int) and sub
        ):
            raise TokenRefused("token_invalid")
        if exp <= self._clock():
            raise TokenRefused("token_expired")
        return Caller(sub, jti, sid, exp, keys.denied_token(jti))

    def _remember(self, digest: bytes, caller: Caller) -> None:
        if len(self._known) >= REMEMBERED:
            # dicts keep insertion order: the oldest tenth is the likeliest to have expired
            for oldest in list(self._known)[: REMEMBERED // 10]:
                del self._known[oldest]
        self._known[digest] = caller
