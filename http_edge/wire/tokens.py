"""Access tokens: who is asking. An Ed25519 check costs about 190 µs, so a good token is remembered by its hash."""

import hashlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import jwt
import nacl.signing
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from http_edge.wire.remembered import Remembered
from topics import keys

MAX_LENGTH = 4096
MOST_BYTES = 16 * 2**20  # of the callers that are remembered, about 20,000


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
        self._known: Remembered[bytes, Caller] = Remembered(MOST_BYTES)

    def read(self, authorization: str) -> Caller:
        """The caller of an `Authorization` header. Raises TokenRefused. Says nothing about revocation."""
        digest = hashlib.sha256(authorization.encode("utf-8", "surrogateescape")).digest()
        caller = self._known.get(digest)
        if caller is None:
            caller = self._verify(authorization)
            texts = (digest, caller.id, caller.jti, caller.sid, caller.denied_key)
            self._known.keep(digest, caller, sum(map(sys.getsizeof, texts)))
        elif caller.exp <= self._clock():
            self._known.forget(digest)
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
