"""HTTP as clients speak it."""

import json
import re
import time
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt
import nacl.signing
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from yarl import URL

from topics.values.signatures import HEADER, sign


@dataclass(frozen=True)
class Said:
    status: int
    headers: Any
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def problem(self) -> Any:
        """Its JSON, checked to be a complete problem."""
        assert self.headers["Content-Type"] == "application/problem+json", self.raw
        body = self.json
        for field in ("type", "title", "detail", "instance", "message", "code"):
            assert isinstance(body[field], str) and body[field], f"{field} is missing in {body}"
        assert body["status"] == self.status
        return body

    @property
    def fields(self) -> list[str]:
        return [error["field"] for error in self.problem.get("errors", [])]


def next_page(said: Said) -> str:
    """Where the next page is; empty where there is none."""
    found = re.fullmatch(r'<(/[^>]*)>; rel="next"', said.headers.get("Link", ""))
    return found[1] if found else ""


def token(key: nacl.signing.SigningKey, user: str, exp: int, jti: str) -> str:
    private = Ed25519PrivateKey.from_private_bytes(bytes(key))
    return jwt.encode({"sub": user, "sid": jti, "jti": jti, "iat": 0, "exp": exp}, private, algorithm="EdDSA")


@dataclass(frozen=True)
class Client:
    """base: of the web gateway. mobile: of the mobile one, which has all that begins with /m. callbacks: key of the payment
    provider, in whose name its callbacks are sent."""

    http: aiohttp.ClientSession
    base: str
    mobile: str
    token: str | None
    callbacks: bytes = b""

    async def call(self, method: str, path: str, body: Any = None, *, raw: Any = None, **headers: str) -> Said:
        """body: sent as JSON. raw: bytes as they are (or an async iterable: chunked)."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            named.setdefault("Authorization", f"Bearer {self.token}")
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        if data is not None:
            named.setdefault("Content-Type", "application/json")
        if path.startswith("/payments/callback") and isinstance(data, bytes):
            named.setdefault(HEADER, sign(self.callbacks, int(time.time()), data))
        base = self.mobile if path.startswith("/m/") else self.base
        url = URL(base + path, encoded=True)
        async with self.http.request(method, url, data=data, headers=named, allow_redirects=False) as answer:
            return Said(answer.status, answer.headers, await answer.read())
