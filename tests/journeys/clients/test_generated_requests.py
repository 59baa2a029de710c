"""Nothing that the edge took becomes a dead letter of ours: generated requests of every route that writes, to the agents.

All bodies of every route, without servers: tests/agents/test_generated_requests.py.
"""

import asyncio
import json
import re
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from http_edge.routing.routes import CUSTOMER, EITHER, PUBLIC, AnyRow, CommandRow, Nothing
from infra.layout.folders import DataFolder
from infra.stack.tokens import token
from stores.keyring import edge_keys
from tests.agents.photo import corpus
from tests.deadline import until
from tests.http_edge.generated import asked, bodies
from tests.http_edge.requests import BODIES, PICTURES, ROUTES
from tests.journeys.client import Client
from tests.journeys.conftest import Product
from topics.values.signatures import HEADER, sign

MOST = 4
"""Bodies with one field odd, of a row. Each run takes the same ones."""

AT_ONCE = 8
"""Requests."""

ENDS_THE_CALLER = {"POST /auth/logout", "POST /auth/logout-all", "DELETE /users/me"}
"""They have no body, and a test of their own."""

ROWS = [row for row in ROUTES if isinstance(row, CommandRow) and row.name not in ENDS_THE_CALLER]
ROWS.sort(key=lambda row: ("POST", "GET", "PATCH", "PUT", "DELETE").index(row.method))
"""What makes things first, what removes them last."""

OWN_ADDRESS = "127.0.0.77"
"""Whence they come: journeys besides are not counted with them (http_edge/routing/pace.py)."""

EDGE_REFUSES = {
    "invalid_input", "body_too_large", "unsupported_media_type", "signature_invalid", "token_missing", "too_many_refused",
    "too_many_uploads",
}  # fmt: skip
ENOUGH = 15
"""Refusals, after which others ask."""


@dataclass
class Scene:
    """Who asks, and what there is to ask about."""

    owner: Client
    guest: Client
    courier: Client
    courier_id: str
    restaurant: str
    meal: str
    address: str
    cart: str
    callbacks: bytes
    refused: int = 0

    async def order(self, row: CommandRow) -> str:
        """A new one, that the restaurant has; accepted, where the row wants that."""
        order = await self.guest.order(self.meal, payment_method="credit_card")
        if row.path.endswith(("/delay", "/prepare", "/ready", "/deliver", "/courier", "/refund")):
            await self.owner.accepts(order, self.guest)
        return order

    async def path(self, row: CommandRow) -> str:
        if not row.parameters:
            return row.path
        about = row.path.split("/")[1]
        order = await self.order(row) if about in ("orders", "payments", "deliveries") else ""
        ids = {"restaurants": self.restaurant, "meals": self.meal}
        named = {
            "restaurant_id": self.restaurant, "meal_id": self.meal, "address_id": self.address, "cart_id": self.cart,
            "order_id": order, "cuisine": "ege", "id": order or ids.get(about, str(uuid.uuid4())),
        }  # fmt: skip
        return re.sub(r"\{(\w+)\}", lambda found: named[found[1]], row.path)

    def body(self, row: AnyRow) -> Any:
        """As in tests/http_edge/requests.py, about what there is here."""
        said = json.dumps(BODIES.get(row.name, {}))
        here = {"r-1": self.restaurant, "m-1": self.meal, "7d0e1c52-9f0a-4c5e-8a31-5b1f0c2d3e4f": self.courier_id,
                "0b9f8a52-6a3e-4d1c-9a77-3f2e1d0c5b4a": self.cart}  # fmt: skip
        today = datetime.now(UTC).date()  # a campaign that is over would be refused as bad input
        here |= {"2026-11-26": f"{today}", "2026-11-29": f"{today + timedelta(days=3)}"}
        for name, id in here.items():
            said = said.replace(f'"{name}"', f'"{id}"')
        return json.loads(said)

    def caller(self, row: CommandRow) -> Client | None:
        if row.who is PUBLIC:
            return None
        if "courier" in row.path or row.path.startswith("/deliveries"):
            return self.owner if "/orders/" in row.path else self.courier
        if row.name == "POST /restaurants":
            return self.courier  # one who owns none yet
        return self.guest if row.who in (CUSTOMER, EITHER) else self.owner


@dataclass(frozen=True)
class Request:
    method: str
    url: str
    raw: bytes
    headers: dict[str, str]


async def _scene(product: Product, owner: Client, guest: Client, courier: Client) -> Scene:
    """With users who are new: who has been refused often is refused by the edge (http_edge/routing/pace.py)."""
    folder = DataFolder(product.data).keys
    courier_id = str(uuid.uuid4())
    for each, user in ((owner, str(uuid.uuid4())), (guest, str(uuid.uuid4())), (courier, courier_id)):
        each.token = token(folder, user)
    restaurant, meal = await owner.open_restaurant(90)
    address = await guest.add_address()
    await guest.sees(f"/meals/{meal}")
    keys = edge_keys(folder)
    return Scene(owner, guest, courier, courier_id, restaurant, meal, address, str(uuid.uuid4()), keys.callbacks)


def _meals(scene: Scene) -> Iterator[dict[str, Any]]:
    """Of a menu file: each with another name. What is no text at all would be refused with the whole file."""
    (row,) = [each for each in ROUTES if each.name == "POST /meals/"]
    for number, meal in enumerate(bodies(row, scene.body(row), 1_000)):
        if "\\ud800" not in json.dumps(meal):
            yield meal | {"name": f"{meal['name']} {number}"} if meal.get("name") == "Lahmacun" else meal


async def _imported(scene: Scene) -> None:
    """Returns when the catalog has done what the menu file asked for."""

    async def ended() -> bool:
        status, said = await scene.owner.call("GET", f"/meals/restaurant/{scene.restaurant}/import")
        return status == 200 and said["status"] == "ended"

    await until("the import to end", ended, 60)


def _spoils(row: CommandRow) -> bool:
    """Whether a restaurant or a meal may be another one afterwards, so that nobody can order there."""
    return row.path.startswith(("/restaurants/{id}", "/meals/{id}")) and row.method != "GET"


def _requests(scene: Scene, row: CommandRow, path: str) -> Sequence[Request]:
    caller = scene.caller(row)
    base = scene.owner.endpoints["mobile_itself" if path.startswith("/m/") else "edge_itself"]
    headers = {"Content-Type": "application/json"}
    if caller is not None:
        headers["Authorization"] = f"Bearer {caller.token}"
    made = list[Request]()
    for query in asked(row, MOST):
        for raw in _raw(scene, row):
            signed = {HEADER: sign(scene.callbacks, int(time.time()), raw)} if row.signed else {}
            made.append(Request(row.method, f"{base}{path}{query}", raw, headers | signed))
    return made


def _raw(scene: Scene, row: CommandRow) -> Iterator[bytes]:
    if row.name in PICTURES:
        yield from (odd.body for odd in (*corpus.small(), *corpus.random_damage()))
    elif row.file:
        yield json.dumps({"meals": list(_meals(scene))}).encode()
    elif row.takes is Nothing:
        yield b""
    else:
        yield from (json.dumps(body).encode() for body in bodies(row, scene.body(row), MOST))


async def test_nothing_that_was_taken_becomes_a_dead_letter(
    product: Product, owner: Client, client: Client, other: Client
) -> None:
    dead, scene = await _dead_letters(product), None
    turns, unheard, failed = asyncio.Semaphore(AT_ONCE), list[str](), list[str]()
    connector = aiohttp.TCPConnector(local_addr=(OWN_ADDRESS, 0))

    async def one(http: aiohttp.ClientSession, request: Request) -> tuple[int, str]:
        """(status, code of its error)."""
        raw = request.raw or None
        async with turns, http.request(request.method, request.url, data=raw, headers=request.headers) as answer:
            said = await answer.read()
            if answer.status >= 500 and answer.status != 503:
                failed.append(f"{answer.status} to {request.method} {request.url} {request.raw[:2000]!r}")
            return answer.status, json.loads(said).get("code", "") if answer.status >= 400 else ""

    async with aiohttp.ClientSession(connector=connector) as http:
        for row in ROWS:
            scene = scene or await _scene(product, owner, client, other)
            path = await scene.path(row)
            if row.path.startswith("/carts") and row.name != "POST /carts/checkout":
                await client.call("POST", "/carts/add", {"meal_id": scene.meal, "quantity": 1})
            requests = _requests(scene, row, path)
            first = await one(http, requests[0])
            answers = [first, *await asyncio.gather(*(one(http, each) for each in requests[1:]))]
            scene.refused += sum(status >= 400 and code not in EDGE_REFUSES for status, code in answers)
            if row.file and any(status < 300 for status, _ in answers):
                await _imported(scene)
            if scene.refused > ENOUGH or _spoils(row):
                scene = None
            if all(code in EDGE_REFUSES for _, code in answers):
                unheard.append(f"{row.name}: {answers}")
    assert failed == []
    assert unheard == [], "no request of these came to its domain"
    await product.quiet()
    new = [each for each in await _dead_letters(product) if each not in dead]
    assert new == [], "what the edge took, the domains could do"


async def _dead_letters(product: Product) -> list[Any]:
    """And what is parked behind them."""
    said = json.loads(await product.lezzet("dlq", "list", "--json"))
    return [{**each, "state": ""} for each in said["dead_letters"]] + said["parked"]
