"""The sandbox provider over HTTP: payments for merchants, pages of challenges for customers, and switches for tests."""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from html import escape
from typing import Any, TypeGuard

from aiohttp import web

from infra.provider.bank import Bank
from infra.provider.books import Answer, Books
from infra.provider.cards import CARDS

MOST = 1000  # payments of a page
SILENT = 60.0  # seconds for which a request gets no answer, if its client stays
LARGEST = 16 * 1024  # bytes of a body

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox bank</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"><style>
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:3rem auto;padding:0 1rem}
button{font:inherit;padding:.5rem 1.5rem;margin-right:1rem}</style><h1>Sandbox bank</h1>"""

Handler = Callable[[web.Request], Awaitable[web.Response]]


class Api:
    """key: as merchants show it, `Authorization: Bearer <key>`."""

    def __init__(self, books: Books, bank: Bank, key: str) -> None:
        self._books = books
        self._bank = bank
        self._key = key

    def application(self) -> web.Application:
        app = web.Application(client_max_size=LARGEST)
        app.router.add_get("/ready", self._ready)
        app.router.add_get("/health", self._health)
        app.router.add_post("/payments", self._merchant(self._authorize))
        app.router.add_get("/payments", self._merchant(self._list))
        app.router.add_get("/payments/{reference}", self._merchant(self._show))
        app.router.add_post("/payments/{reference}/capture", self._merchant(self._capture))
        app.router.add_post("/payments/{reference}/void", self._merchant(self._void))
        app.router.add_post("/payments/{reference}/refunds", self._merchant(self._refund))
        app.router.add_get("/payments/{reference}/movements", self._merchant(self._movements))
        app.router.add_post("/customers/{customer}/forget", self._merchant(self._forget))
        app.router.add_get("/challenges/{challenge}", self._challenge)
        app.router.add_post("/challenges/{challenge}", self._answer_challenge)
        app.router.add_put("/sandbox/down", self._switch)
        app.router.add_put("/sandbox/customers/{customer}", self._put_on_file)
        return app

    def _merchant(self, handle: Handler) -> Handler:
        async def checked(request: web.Request) -> web.Response:
            shown = request.headers.get("Authorization", "")
            if not hmac.compare_digest(shown.encode(), f"Bearer {self._key}".encode()):
                return _json(Answer(401, {"code": "unauthorized"}))
            if self._books.down:
                return _json(Answer(503, {"code": "down"}))
            return await handle(request)

        return checked

    async def _ready(self, request: web.Request) -> web.Response:
        """The process is there, also while it plays that it is down."""
        return _json(Answer(200, {}))

    async def _health(self, request: web.Request) -> web.Response:
        return _json(Answer(503 if self._books.down else 200, {"down": self._books.down}))

    async def _authorize(self, request: web.Request) -> web.Response:
        raw, said = await _body(request)
        reference, amount = said.get("reference"), said.get("amount")
        card, customer = said.get("card"), said.get("customer")
        if not isinstance(reference, str) or not _whole(amount) or not isinstance(card, str | None):
            return _json(Answer(422, {"code": "invalid"}))

        def do(key: str) -> Answer:
            return self._bank.authorize(reference, amount, card, str(customer), key)

        answer = self._once(request, raw, do)
        known = self._books.payment(reference)
        if known is not None and not answer.again and known["card"] in CARDS and CARDS[known["card"]].silent:
            return await _silence(request)
        return _json(answer)

    async def _capture(self, request: web.Request) -> web.Response:
        return await self._with_amount(request, self._bank.capture)

    async def _refund(self, request: web.Request) -> web.Response:
        return await self._with_amount(request, self._bank.refund)

    async def _with_amount(self, request: web.Request, do: Callable[[str, int, str], Answer]) -> web.Response:
        raw, said = await _body(request)
        amount = said.get("amount")
        if not _whole(amount):
            return _json(Answer(422, {"code": "invalid"}))
        reference = request.match_info["reference"]
        return _json(self._once(request, raw, lambda key: do(reference, amount, key)))

    async def _void(self, request: web.Request) -> web.Response:
        raw, _ = await _body(request)
        reference = request.match_info["reference"]
        return _json(self._once(request, raw, lambda key: self._bank.void(reference, key)))

    async def _forget(self, request: web.Request) -> web.Response:
        raw, _ = await _body(request)

        def do(key: str) -> Answer:
            self._books.put_on_file(request.match_info["customer"], None)
            return Answer(200, {})

        return _json(self._once(request, raw, do))

    def _once(self, request: web.Request, raw: bytes, do: Callable[[str], Answer]) -> Answer:
        key = request.headers.get("Idempotency-Key", "")
        if not 0 < len(key) <= 255:
            return Answer(400, {"code": "idempotency_key_needed"})
        return self._books.once(key, f"{request.path} {raw.decode()}", lambda: do(key))

    async def _show(self, request: web.Request) -> web.Response:
        reference = request.match_info["reference"]
        if self._books.payment(reference) is None:
            return _json(Answer(404, {"code": "not_found"}))
        return _json(Answer(200, self._books.report(reference)))

    async def _list(self, request: web.Request) -> web.Response:
        """GET /payments[?after=<reference>]: {payments: up to 1000 reports, by reference}."""
        return _json(Answer(200, {"payments": self._books.reports(request.query.get("after", ""), MOST)}))

    async def _movements(self, request: web.Request) -> web.Response:
        """{movements: [{kind: authorize|capture|void|refund, amount}]}: what was done with the payment's money."""
        return _json(Answer(200, {"movements": self._books.movements(request.match_info["reference"])}))

    async def _challenge(self, request: web.Request) -> web.Response:
        known = self._books.challenged(request.match_info["challenge"])
        if known is None or known["status"] != "challenged":
            return _page("<p>This payment does not wait for you any more.</p>", 404)
        amount = f"{known['amount'] // 100}.{known['amount'] % 100:02d} TL"
        return _page(
            f"<p>Order {escape(known['reference'])}: {amount}. Is it you who pays?</p><form method='post'>"
            "<button name='answer' value='yes'>Yes</button><button name='answer' value='no'>No</button></form>"
        )

    async def _answer_challenge(self, request: web.Request) -> web.Response:
        passed = (await request.post()).get("answer") == "yes"
        if not self._bank.answer_challenge(request.match_info["challenge"], passed=passed):
            return _page("<p>This payment does not wait for you any more.</p>", 404)
        return _page("<p>Thank you. You can go back to Lezzet now.</p>")

    async def _switch(self, request: web.Request) -> web.Response:
        """PUT /sandbox/down {"down": true}: merchants are answered 503, and no callbacks are sent."""
        _, said = await _body(request)
        self._books.down = said.get("down") is True
        return _json(Answer(200, {"down": self._books.down}))

    async def _put_on_file(self, request: web.Request) -> web.Response:
        """PUT /sandbox/customers/{id} {"card": "tok_decline"}: the card on file; null: none."""
        _, said = await _body(request)
        card = said.get("card")
        if not isinstance(card, str | None):
            return _json(Answer(422, {"code": "invalid"}))
        self._books.put_on_file(request.match_info["customer"], card)
        return _json(Answer(200, {"card": card}))


async def _silence(request: web.Request) -> web.Response:
    """No answer, until the client has gone."""
    waited = 0.0
    while waited < SILENT and request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(0.05)
        waited += 0.05
    return _json(Answer(504, {"code": "silent"}))


async def _body(request: web.Request) -> tuple[bytes, dict[str, Any]]:
    raw = await request.read()
    try:
        said = json.loads(raw or b"{}")
    except ValueError:
        raise web.HTTPBadRequest(text='{"code": "invalid"}', content_type="application/json") from None
    if not isinstance(said, dict):
        raise web.HTTPBadRequest(text='{"code": "invalid"}', content_type="application/json")
    return raw, said


def _whole(amount: Any) -> TypeGuard[int]:
    return isinstance(amount, int) and not isinstance(amount, bool) and 0 < amount <= 10**14


def _json(answer: Answer) -> web.Response:
    return web.json_response(answer.body, status=answer.status)


def _page(text: str, status: int = 200) -> web.Response:
    return web.Response(text=PAGE + text, status=status, content_type="text/html")
