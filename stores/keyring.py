"""The keys of a deployment, as files in KEYS_DIR, each base64 of 32 bytes.

private (agents only, mode 0600): `jwt.seed` Ed25519 seed of the access tokens' signature, `auth_box.private` X25519 key
that opens sealed passwords, `mail_tokens.key` HMAC key of mail and refresh tokens, `provider.key` which shows the payment
provider who asks.
shared with the edge: `jwt.public`, `auth_box.public`, `fingerprint.key` (HMAC of raw requests, edge only), `callbacks.key`
(HMAC of the payment provider's callbacks). The provider has `provider.key` and `callbacks.key`, too.
engineers': `console.key`, which signs links to the console and its cookies.
"""

import base64
import fcntl
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import nacl.public
import nacl.signing

from stores.settings import key_bytes


@dataclass(frozen=True, slots=True)
class AgentKeys:
    jwt: nacl.signing.SigningKey
    auth_box: nacl.public.PrivateKey
    mail_tokens: bytes
    provider: bytes


@dataclass(frozen=True, slots=True)
class EdgeKeys:
    jwt: nacl.signing.VerifyKey
    auth_box: nacl.public.PublicKey
    fingerprint: bytes
    callbacks: bytes


def agent_keys(folder: Path) -> AgentKeys:
    """Raises BadSetting where a file is missing or unusable."""
    return AgentKeys(
        jwt=nacl.signing.SigningKey(key_bytes(folder / "jwt.seed", 32)),
        auth_box=nacl.public.PrivateKey(key_bytes(folder / "auth_box.private", 32)),
        mail_tokens=key_bytes(folder / "mail_tokens.key", 32),
        provider=key_bytes(folder / "provider.key", 32),
    )


def edge_keys(folder: Path) -> EdgeKeys:
    """Raises BadSetting where a file is missing or unusable."""
    return EdgeKeys(
        jwt=nacl.signing.VerifyKey(key_bytes(folder / "jwt.public", 32)),
        auth_box=nacl.public.PublicKey(key_bytes(folder / "auth_box.public", 32)),
        fingerprint=key_bytes(folder / "fingerprint.key", 32),
        callbacks=key_bytes(folder / "callbacks.key", 32),
    )


def make_keys(folder: Path) -> None:
    """Makes the keys that are missing; never replaces one. Public keys are made from their private ones. Where several do this
    at once, one makes them and the others find them."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _make(folder)
    finally:
        os.close(lock)


def _make(folder: Path) -> None:
    seed = _keep(folder / "jwt.seed", secrets.token_bytes(32))
    private = _keep(folder / "auth_box.private", secrets.token_bytes(32))
    for name in ("mail_tokens.key", "fingerprint.key", "provider.key", "callbacks.key", "console.key"):
        _keep(folder / name, secrets.token_bytes(32))
    _keep(folder / "jwt.public", bytes(nacl.signing.SigningKey(seed).verify_key))
    _keep(folder / "auth_box.public", bytes(nacl.public.PrivateKey(private).public_key))


def _keep(path: Path, value: bytes) -> bytes:
    """Writes the key to a file beside `path` and renames that, so that neither a kill nor a loss of power leaves half of a key.
    Returns the key that is
    there."""
    if not path.exists():
        beside = path.with_suffix(".new")
        beside.touch(mode=0o600)
        with beside.open("w") as out:
            out.write(base64.b64encode(value).decode() + "\n")
            out.flush()
            os.fsync(out.fileno())
        beside.rename(path)
    return key_bytes(path, len(value))
