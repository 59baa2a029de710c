"""Users as they come about: register, read the mail, verify, say where they live. Each has an access token for 15 minutes."""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import aiohttp

from infra.mailbox.store import MailStore

PASSWORD = "correct horse battery"  # noqa: S105 - of users that live for minutes
WITHIN = 180.0  # seconds for all of them
HOME = {"title": "Ev", "address": "Moda Caddesi 12", "city": "İstanbul", "district": "Kadıköy"}

_LINK = re.compile(r"[?#&]token=([\w-]+)")


@dataclass(frozen=True, slots=True)
class Account:
    email: str
    access_token: str
    address_id: str

    @property
    def headers(self) -> dict[str, str]:
        return bearer(self.access_token)


def bearer(access_token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {access_token}"}


async def open_accounts(session: aiohttp.ClientSession, mails: MailStore, count: int) -> Sequence[Account]:
    """Raises TimeoutError where registration does not get through."""
    async with asyncio.timeout(WITHIN):
        return [await _open(session, mails, f"user{n}@example.com") for n in range(count)]


async def log_in(session: aiohttp.ClientSession, account: Account) -> Account:
    """With another access token, for 15 minutes more."""
    async with asyncio.timeout(WITHIN):
        tokens = await _until_taken(session, "/auth/login", {"email": account.email, "password": PASSWORD})
    return replace(account, access_token=tokens["access_token"])


async def _open(session: aiohttp.ClientSession, mails: MailStore, email: str) -> Account:
    await _until_taken(session, "/auth/register", {"email": email, "password": PASSWORD})
    tokens = await _until_taken(session, "/auth/verify-email", {"token": await _mailed_token(mails, email)})
    if "access_token" not in tokens:
        # an earlier try took effect without an answer: the link is used up
        tokens = await _until_taken(session, "/auth/login", {"email": email, "password": PASSWORD})
    headers = bearer(tokens["access_token"])
    await _until_taken(session, "/addresses", HOME, headers)
    return Account(email, tokens["access_token"], await _first_address(session, headers))


async def _first_address(session: aiohttp.ClientSession, headers: dict[str, str]) -> str:
    """Asked for, since the answer to a write may be that it is taken."""
    while True:
        async with session.get("/addresses", headers=headers) as response:
            if response.status == 200 and (addresses := await response.json()):
                return addresses[0]["id"]
        await asyncio.sleep(0.2)


async def _until_taken(
    session: aiohttp.ClientSession, path: str, body: dict[str, str], headers: dict[str, str] | None = None
) -> dict[str, str]:
    """503 is an invitation to try again. Raises RuntimeError for what is never taken."""
    while True:
        async with session.post(path, json=body, headers=headers) as response:
            if response.status < 300:
                return await response.json()
            if response.status != 503:
                raise RuntimeError(f"POST {path}: {response.status} {await response.text()}")
        await asyncio.sleep(0.2)


async def _mailed_token(mails: MailStore, email: str) -> str:
    begun = time.monotonic()
    while not (found := mails.all(email)):
        if time.monotonic() - begun > WITHIN:
            raise TimeoutError(f"no mail to {email}")
        await asyncio.sleep(0.05)
    said = _LINK.search(found[-1].text)  # the newest: one registration more makes the links of earlier ones void
    if said is None:
        raise RuntimeError(f"no token in the mail to {email}")
    return said[1]
