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
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nacl.public
import nacl.signing

from stores.settings import BadSetting, key_bytes

_EDGE = ("jwt.public", "auth_box.public", "fingerprint.key", "callbacks.key")


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
    jwt, auth_box, fingerprint, callbacks = (key_bytes(folder / name, 32) for name in _EDGE)
    return EdgeKeys(
        jwt=nacl.signing.VerifyKey(jwt),
        auth_box=nacl.public.PublicKey(auth_box),
        fingerprint=fingerprint,
        callbacks=callbacks,
    )


def make_keys(folder: Path) -> None:
    """Makes the keys that are missing; never replaces one. Public keys are made from their private ones. Where several do this
    at once, one makes them and the others find them."""
    with _alone(folder):
        seed = _keep(folder / "jwt.seed", secrets.token_bytes(32))
        private = _keep(folder / "auth_box.private", secrets.token_bytes(32))
        for name in ("mail_tokens.key", "fingerprint.key", "provider.key", "callbacks.key", "console.key"):
            _keep(folder / name, secrets.token_bytes(32))
        _keep(folder / "jwt.public", bytes(nacl.signing.SigningKey(seed).verify_key))
        _keep(folder / "auth_box.public", bytes(nacl.public.PrivateKey(private).public_key))


def share_with_edge(folder: Path, edges: Path) -> None:
    """Copies the keys that an edge needs. Raises BadSetting where one is missing, or where an edge already has another one."""
    with _alone(edges):
        for name in _EDGE:
            value = key_bytes(folder / name, 32)
            if _keep(edges / name, value) != value:
                raise BadSetting("KEYS_DIR", f"{name} is another key than {edges / name}: remove the one that is wrong")


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Makes the folder, and has it to itself."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _keep(path: Path, value: bytes) -> bytes:
    """Writes the key to a file beside `path` and renames that, so that neither a kill nor a loss of power leaves half of a key.
    Returns the key that is there."""
    if not path.exists():
        beside = path.with_suffix(".new")
        beside.touch(mode=0o600)
        with beside.open("w") as out:
            out.write(base64.b64encode(value).decode() + "\n")
            out.flush()
            os.fsync(out.fileno())
        beside.rename(path)
    return key_bytes(path, len(value))
