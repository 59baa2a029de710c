"""The provider over HTTP. docs/payment.md has its requests and answers.

No error holds what was sent or answered, but for the status and the code.
"""

import base64
import re
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

from stores.errors import Unavailable
from stores.payment import Deferred, Refused
from topics.contracts.payment_commands import Report

TIMEOUT = 5.0
LARGEST = 64 * 1024  # bytes of an answer
CONNECTIONS = 32

BANK_AWAY = 424  # Failed Dependency: the card's bank does not answer the provider
_CONCERNS_ALL = (401, 403, 408, 425, 429)
"""Statuses below 500 about this deployment, or about how much it asks: every other payment would be answered the same."""

_CODE = re.compile(r"[a-z0-9_]{1,60}")
_report = msgspec.json.Decoder(Report)


class _Problem(msgspec.Struct):
    code: str = ""


_problem = msgspec.json.Decoder(_Problem)


class HttpProvider:
    """url: http(s)://host[:port][/path], where the provider's routes begin. key: what shows the provider who asks. timeout:
    seconds, for each request."""

    def __init__(self, url: str, key: bytes, timeout: float = TIMEOUT) -> None:
        self._url = url.rstrip("/")
        self._authorization = f"Bearer {base64.urlsafe_b64encode(key).decode()}"
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._session: aiohttp.ClientSession | None = None

    async def authorize(self, reference: str, amount: int, card: str | None, customer: str, key: str) -> Report:
        """See agents.payment.effect.Provider, here and below."""
        wish = {"reference": reference, "amount": amount, "currency": "TRY", "card": card, "customer": customer}
        return await self._asked("/payments", wish, reference, key)

    async def capture(self, reference: str, amount: int, key: str) -> Report:
        return await self._asked(f"/payments/{reference}/capture", {"amount": amount}, reference, key)

    async def void(self, reference: str, key: str) -> Report:
        return await self._asked(f"/payments/{reference}/void", {}, reference, key)

    async def refund(self, reference: str, amount: int, key: str) -> Report:
        return await self._asked(f"/payments/{reference}/refunds", {"amount": amount}, reference, key)

    async def forget(self, customer: str, key: str) -> None:
        await self._done(f"/customers/{quote(customer, safe='')}/forget", {}, key)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _asked(self, path: str, wish: dict[str, Any], reference: str, key: str) -> Report:
        return _understood(await self._done(path, wish, key), reference)

    async def _done(self, path: str, wish: dict[str, Any], key: str) -> bytes:
        """What the provider answered, once it has done it."""
        try:
            status, body = await self._post(path, wish, key)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise await self._silent(type(error).__name__) from None
        if 200 <= status < 300:
            return body
        if status == BANK_AWAY:
            raise Deferred("the bank does not answer")
        if status >= 500 or status < 400 or status in _CONCERNS_ALL:  # a redirect is of a proxy, or a wrong address
            raise Unavailable("provider", f"answered {status}")
        raise Refused(_code_of(body))

    async def _post(self, path: str, wish: dict[str, Any], key: str) -> tuple[int, bytes]:
        headers = {"Authorization": self._authorization, "Idempotency-Key": key}
        async with self._open().post(self._url + path, json=wish, headers=headers, allow_redirects=False) as answer:
            return answer.status, await _read(answer.content)

    async def _silent(self, why: str) -> Exception:
        """Nobody knows whether it was done. Whether the provider is away, or silent about this payment alone."""
        try:
            async with self._open().get(f"{self._url}/health", allow_redirects=False) as answer:
                there = answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            there = False
        return Deferred(f"the provider has not answered ({why})") if there else Unavailable("provider", why)

    def _open(self) -> aiohttp.ClientSession:
        """Made at the first request: there is no loop yet when the domains are wired."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=CONNECTIONS)
            self._session = aiohttp.ClientSession(timeout=self._timeout, connector=connector)
        return self._session


async def _read(content: aiohttp.StreamReader) -> bytes:
    """As much as there may be of an answer: what is longer is not understood."""
    parts, size = list[bytes](), 0
    while size <= LARGEST and (part := await content.readany()):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _understood(body: bytes, reference: str) -> Report:
    """Raises Deferred: it may have been done, and what is answered the next time may be understood."""
    try:
        report = _report.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Deferred("the provider's answer is not understood") from None
    if report.reference != reference:
        raise Deferred("the provider's answer is about another payment")
    return report


def _code_of(body: bytes) -> str:
    try:
        code = _problem.decode(body).code
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return "refused"
    return code if _CODE.fullmatch(code) else "refused"
