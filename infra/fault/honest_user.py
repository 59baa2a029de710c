"""An honest user of the edge in a process of its own: logs in, looks at the basket, clears it, refreshes and logs out, again
and again. `python -m infra.fault.honest_user URL SECONDS`, address and password on stdin, one a line.

It comes from another address than an attacker, and asks the next thing when the last one was answered. It prints JSON: what
each kind of request took, and how many were not answered as they should.
"""

import asyncio
import json
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

ADDRESS = "127.0.0.2"
PATIENCE = 30.0  # seconds for one answer
PAUSE = 0.05  # after an answer that was not the one hoped for

Kinds = Mapping[str, "Asked"]


@dataclass(slots=True)
class Asked:
    """One kind of request. times: seconds, of those that failed too. late: answers that it takes longer, 202 and 503. failed:
    other answers than these and 200, and none at all."""

    times: list[float] = field(default_factory=list[float])
    late: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        return len(self.times) - self.late - self.failed

    def quantile_ms(self, of: float) -> float:
        return round(sorted(self.times)[int(len(self.times) * of)] * 1000, 1) if self.times else 0.0


async def ask(url: str, email: str, password: str, seconds: float) -> Kinds:
    """Raises RuntimeError where the client itself breaks."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "infra.fault.honest_user", url, str(seconds),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await process.communicate(f"{email}\n{password}\n".encode())
    if process.returncode:
        raise RuntimeError(f"the honest user ended with {process.returncode}")
    return {kind: Asked(found["times"], found["late"], found["failed"]) for kind, found in json.loads(said).items()}


class User:
    def __init__(self, session: aiohttp.ClientSession, url: str, email: str, password: str) -> None:
        self._session = session
        self._url = url
        self._credentials = {"email": email, "password": password}
        self.asked = defaultdict[str, Asked](Asked)

    async def visit(self) -> None:
        """One round. What fails ends it."""
        tokens = await self._ask("login", "POST", "/auth/login", self._credentials)
        for kind, method, path, body in (
            ("read", "GET", "/carts/get", None),
            ("write", "DELETE", "/carts/clear", None),
            ("refresh", "POST", "/auth/refresh", {"refresh_token": tokens and tokens["refresh_token"]}),
            ("logout", "POST", "/auth/logout", None),
        ):
            if tokens is None:
                return await asyncio.sleep(PAUSE)
            answer = await self._ask(kind, method, path, body, tokens["access_token"])
            tokens = answer if kind == "refresh" else tokens

    async def _ask(self, kind: str, method: str, path: str, body: Any, token: str = "") -> Any:
        """The answer's JSON; None where it was not 200."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        began, answer, late = time.perf_counter(), None, False
        try:
            async with self._session.request(method, self._url + path, json=body, headers=headers) as response:
                said = await response.json(content_type=None)
                answer = said if response.status == 200 else None
                late = response.status in (202, 503)
        except (aiohttp.ClientError, TimeoutError):
            pass
        found = self.asked[kind]
        found.times.append(time.perf_counter() - began)
        found.late += late
        found.failed += answer is None and not late
        return answer


async def main(url: str, seconds: float, email: str, password: str) -> Kinds:
    connector = aiohttp.TCPConnector(local_addr=(ADDRESS, 0))
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        user, until = User(session, url, email, password), time.perf_counter() + seconds
        while time.perf_counter() < until:
            await user.visit()
    return user.asked


if __name__ == "__main__":
    _, said_url, said_seconds = sys.argv
    said_email, said_password = sys.stdin.read().split("\n")[:2]
    found_kinds = asyncio.run(main(said_url, float(said_seconds), said_email, said_password))
    print(
        json.dumps(
            {
                kind: {"times": each.times, "late": each.late, "failed": each.failed}
                for kind, each in found_kinds.items()
            }
        )
    )
