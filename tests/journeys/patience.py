"""A client's patience, between the journeys and the gateway: what is answered 202 or 503 is asked again until it is answered.

A write that takes more than two seconds is answered 202 (it will be done), or 503 (it was not done, or a view does not show it
yet); docs/architecture.md tells clients what to do then. On a busy machine any write may take as long. What the product
promises of these answers is tested where they are made on purpose: tests/http_edge, and `./lezzet fault`.
"""

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import aiohttp
import msgspec
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from tests.deadline import SECONDS

PAUSE = 0.2  # seconds between two questions
MOST_BYTES = 64 * 2**20
SLOW = {"not_taken", "answer_late", "view_behind", "busy", "not_available"}
"""Codes of 503 that say: not yet. Other ones tell what is away or not built, which no journey is to pass over."""
OF_A_CONNECTION = {"Connection", "Expect", "Host", "Keep-Alive", "Transfer-Encoding"}
KEYLESS = "/carts/checkout"
"""Where an Idempotency-Key says that the same items are wanted once more: such a checkout is looked up by its operation."""


@asynccontextmanager
async def patient(gateway: str) -> AsyncGenerator[str]:
    """The address of one that asks `gateway` for its clients."""
    options: dict[str, Any] = {
        "auto_decompress": False, "timeout": aiohttp.ClientTimeout(), "connector": aiohttp.TCPConnector(limit=0),
        "skip_auto_headers": ("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
    }  # fmt: skip
    async with aiohttp.ClientSession(**options) as http:
        app = web.Application(client_max_size=MOST_BYTES)
        app.router.add_route("*", "/{path:.*}", _Asker(http, gateway).answer)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1.0, auto_decompress=False)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


class _Operation(msgspec.Struct):
    status: str = ""
    result: msgspec.Raw = msgspec.Raw()


_operation = msgspec.json.Decoder(_Operation).decode


class _Asker:
    def __init__(self, http: aiohttp.ClientSession, gateway: str) -> None:
        self._http, self._gateway = http, gateway

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body, headers = await request.read(), _passed_on(request.headers)
        if request.method not in ("GET", "HEAD", "OPTIONS") and request.path != KEYLESS:
            headers.setdefault("Idempotency-Key", uuid.uuid4().hex)
        url, deadline = URL(self._gateway + request.raw_path, encoded=True), monotonic() + SECONDS
        taken: dict[str, str] | None = None  # what a 202 said to browsers
        while True:
            async with self._http.request(
                request.method, url, data=body or None, headers=headers, allow_redirects=False
            ) as answer:
                if not await _is_slow(answer) or monotonic() > deadline:
                    if taken is not None and answer.status == 401:
                        return _session_ended(request.method, taken)
                    return await _handed_on(request, answer)
                place = answer.headers.get("Location")
                if answer.status == 202:
                    taken = {name: said for name, said in answer.headers.items() if name.startswith("Access-Control-")}
            if "Idempotency-Key" not in headers and taken is not None and place is not None:
                done = await self._outcome(place, headers, deadline)
                if done is not None:
                    return web.Response(body=done, content_type="application/json", headers=taken)
            await asyncio.sleep(PAUSE)

    async def _outcome(self, place: str, headers: CIMultiDict[str], deadline: float) -> bytes | None:
        """The answer of what is done, byte for byte. None: it was refused, as it would be if it were asked again. While it is
        pending, nothing is asked again: the same items ten seconds later are another order."""
        own = {name: headers[name] for name in ("Authorization",) if name in headers}
        while True:
            async with self._http.get(self._gateway + place, headers=own) as answer:
                said = _operation(await answer.read()) if answer.status == 200 else _Operation()
            if said.status != "pending" or monotonic() > deadline:
                return bytes(said.result) if said.status == "done" else None
            await asyncio.sleep(PAUSE)


def _session_ended(method: str, headers: dict[str, str]) -> web.Response:
    """A write that was taken has ended the session of its caller, who cannot ask for the outcome any more."""
    if method == "DELETE":
        return web.Response(status=204, headers=headers)
    return web.json_response({"message": "done"}, headers=headers)


async def _is_slow(answer: aiohttp.ClientResponse) -> bool:
    if answer.status != 503:
        return answer.status == 202
    return json.loads(await answer.read() or b"{}").get("code") in SLOW


async def _handed_on(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    """Piece by piece: it may be a stream without end."""
    named = CIMultiDict((name.decode(), value.decode("latin-1")) for name, value in answer.raw_headers)
    said = web.StreamResponse(status=answer.status, reason=answer.reason, headers=_passed_on(named))
    await said.prepare(request)
    if answer.status == 503:
        await said.write(await answer.read())  # which has been looked at
    async for piece in answer.content.iter_any():
        await said.write(piece)
    await said.write_eof()
    return said


def _passed_on(headers: Any) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.title() not in OF_A_CONNECTION)
