"""Access tokens of users who never registered, for loads that are about something else."""

import time
import uuid
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from stores.keyring import agent_keys

LIFETIME = 900  # seconds


def token(keys: Path, user: str) -> str:
    """An access token as the auth domain makes it, good for LIFETIME. keys: the folder of the deployment's keys."""
    seed = bytes(agent_keys(keys).jwt)
    claims = {"sub": user, "sid": str(uuid.uuid4()), "jti": str(uuid.uuid4()), "exp": int(time.time()) + LIFETIME}
    return jwt.encode(claims, Ed25519PrivateKey.from_private_bytes(seed), algorithm="EdDSA")
