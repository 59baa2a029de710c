"""Access tokens: JWTs signed with Ed25519, which the edge checks by itself."""

from datetime import datetime

import jwt
import nacl.signing
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from topics.contracts.auth_events import IssuedToken
from topics.values.tokens import key_id


class AccessTokens:
    def __init__(self, key: nacl.signing.SigningKey) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes(key))
        self._headers = {"kid": key_id(bytes(key.verify_key))}

    def issue(self, user_id: str, session_id: str, issued: IssuedToken, now: datetime) -> str:
        """Claims: sub, sid, jti, iat, exp (seconds). The same arguments make the same token."""
        claims = {
            "sub": user_id,
            "sid": session_id,
            "jti": issued.jti,
            "iat": int(now.timestamp()),
            "exp": int(issued.expires_at.timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers=self._headers)
