"""Baskets without a user: the id is the permission, and it leads to no user's basket."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from http_edge.routing.routes import CommandRow, ViewRow
from http_edge.web import ROUTES
from tests.http_edge.conftest import World
from tests.http_edge.documents import line, meal, stored
from tests.http_edge.domains import Command, done, refused
from tests.http_edge.requests import BODIES
from topics import keys
from topics.messages import headers
from topics.messages.reply import Wrote

CARTS = [row for row in ROUTES if row.path.startswith("/carts/anonymous/{cart_id}")]
EVERY_CART_ROUTE = pytest.mark.parametrize("row", CARTS, ids=lambda row: row.name)
NOW = datetime.now(UTC)

NO_CART_IDS = [
    "7d0e1c52-9f0a-1c5e-8a31-5b1f0c2d3e4f",  # version 1
    "7d0e1c52-9f0a-5c5e-8a31-5b1f0c2d3e4f",  # version 5
    "7d0e1c52-9f0a-4c5e-ca31-5b1f0c2d3e4f",  # another variant
    "7d0e1c529f0a4c5e8a315b1f0c2d3e4f",
    "anonymous:7d0e1c52-9f0a-4c5e-8a31-5b1f0c2d3e4f",
    "00000000-0000-0000-0000-000000000000",
    "me",
]


def document(cart: str, *meals: str, expires: timedelta = timedelta(days=30)) -> dict[str, Any]:
    life = {
        "cart_id": cart,
        "created_at": NOW.isoformat(),
        "updated_at": NOW.isoformat(),
        "expires_at": (NOW + expires).isoformat(),
    }
    return {"items": [line(each, user_id=f"anonymous:{cart}") for each in meals], "life": life}


async def put(edge: World, cart: str, *meals: str, version: int = 1, **more: Any) -> None:
    value = stored(version, document(cart, *meals, **more))
    await edge.redis.set(keys.document("basket", f"anonymous:{cart}"), value)
    for each in meals:
        await edge.redis.set(keys.document("meal", each), stored(1, meal(each)))


@pytest.fixture
def cart() -> str:
    return str(uuid.uuid4())


async def test_an_id_is_drawn_and_nothing_is_written(edge: World):
    first, second = [(await edge.client().call("POST", "/carts/anonymous/generate-id")).json for _ in range(2)]
    assert uuid.UUID(first["cart_id"]).version == 4 and first["cart_id"] != second["cart_id"] and first["message"]
    assert edge.domains.taken == []


@EVERY_CART_ROUTE
@pytest.mark.parametrize("name", NO_CART_IDS)
async def test_what_is_no_uuid_of_version_4_is_404(edge: World, row: Any, name: str):
    path = row.path.replace("{cart_id}", name).replace("{meal_id}", "m-1")
    said = await edge.client().call(row.method, path, BODIES.get(row.name))
    assert (said.status, said.problem["code"]) == (404, "not_found")
    assert edge.domains.taken == []


@pytest.mark.parametrize("name", NO_CART_IDS)
async def test_a_body_names_a_uuid_of_version_4(edge: World, name: str):
    for path, field in (("/carts/anonymous/add", "cart_id"), ("/carts/anonymous/merge", "anonymous_cart_id")):
        body = BODIES[f"POST {path}"] | {field: name}
        said = await edge.client(str(uuid.uuid4())).call("POST", path, body)
        assert (said.status, said.fields) == (422, [field])
    assert edge.domains.taken == []


@pytest.mark.parametrize("row", [row for row in CARTS if isinstance(row, CommandRow)], ids=lambda row: row.name)
async def test_a_command_is_for_the_anonymous_basket_and_for_no_user(edge: World, row: Any, cart: str):
    path = row.path.replace("{cart_id}", cart.upper()).replace("{meal_id}", "m-1")
    for user in (None, cart, str(uuid.uuid4())):
        said = await edge.client(user).call(row.method, path, BODIES.get(row.name))
        assert said.status == 200, said.raw
        taken = edge.domains.taken[-1]
        assert (taken.topic, taken.key) == ("basket_commands", f"anonymous:{cart}")
        assert taken.headers[headers.CALLER] == f"anonymous:{cart}"


async def test_a_line_goes_into_the_basket_that_the_body_names(edge: World, cart: str):
    body = BODIES["POST /carts/anonymous/add"] | {"cart_id": cart.upper(), "note": "az acılı"}
    said = await edge.client(str(uuid.uuid4())).call("POST", "/carts/anonymous/add", body)
    assert said.status == 200
    taken = edge.domains.taken[-1]
    assert taken.key == f"anonymous:{cart}"
    assert taken.body == {
        "meal_id": "m-1", "quantity": 1, "restaurant_id": "r-1", "note": "az acılı", "schedule_date": None,
        "options": [],
    }  # fmt: skip


@pytest.mark.parametrize(("asked", "days"), [("", 30), ("?days=1", 1), ("?days=90", 90)])
async def test_a_basket_is_extended_by_days(edge: World, cart: str, asked: str, days: int):
    assert (await edge.client().call("POST", f"/carts/anonymous/{cart}/extend{asked}")).status == 200
    assert edge.domains.taken[-1].body == {"days": days}


async def test_a_basket_is_shown_as_clients_know_it(edge: World, cart: str):
    assert (await edge.client().call("GET", f"/carts/anonymous/{cart}")).status == 404
    await put(edge, cart, "a", "b")
    await edge.redis.set(keys.document("meal", "b"), stored(2, meal("b", price=12_000, isAvailable=False)))
    said = (await edge.client().call("GET", f"/carts/anonymous/{cart}/")).json
    assert set(said) == {
        "cart_id", "restaurant_id", "items", "item_count", "created_at", "updated_at", "expires_at",
    }  # fmt: skip
    assert (said["cart_id"], said["restaurant_id"], said["item_count"]) == (cart, "r", 2)
    first, second = said["items"]
    assert set(first) == {
        "cart_id", "restaurant_id", "meal_id", "quantity", "note", "schedule_date", "created_at", "name", "price",
        "image_url", "is_available", "options", "notices",
    }  # fmt: skip
    assert (first["cart_id"], first["price"], second["price"], second["is_available"]) == (cart, 90, 120, False)


async def test_a_basket_that_is_over_is_not_there(edge: World, cart: str):
    await put(edge, cart, "a", expires=timedelta(seconds=-1))
    assert (await edge.client().call("GET", f"/carts/anonymous/{cart}")).status == 404
    said = await edge.client().call("GET", f"/carts/anonymous/{cart}/validate")
    assert (said.status, said.json["exists"], said.json["is_valid"]) == (200, False, False)


async def test_a_basket_is_valid_while_all_of_it_is_on_sale(edge: World, cart: str):
    async def checked() -> tuple[Any, ...]:
        said = await edge.client().call("GET", f"/carts/anonymous/{cart.upper()}/validate")
        assert said.status == 200
        body = said.json
        assert body["cart_id"] == cart
        return body["exists"], body["is_valid"], body["item_count"], body["restaurant_id"]

    assert await checked() == (False, False, 0, None)
    await put(edge, cart)
    assert await checked() == (True, False, 0, None)
    await put(edge, cart, "a", "b", version=2)
    assert await checked() == (True, True, 2, "r")
    await edge.redis.set(keys.document("meal", "b"), "2\n")
    assert await checked() == (True, False, 2, "r")


async def test_a_visitor_who_writes_and_then_reads_sees_the_write(edge: World, cart: str):
    await put(edge, cart, "a")
    await edge.redis.set(keys.wrote(f"anonymous:{cart}", "basket"), f"anonymous:{cart}@2;")
    for user in (None, str(uuid.uuid4())):
        said = await edge.client(user).call("GET", f"/carts/anonymous/{cart}")
        assert (said.status, said.problem["code"]) == (503, "view_behind")
    reading = asyncio.create_task(edge.client().call("GET", f"/carts/anonymous/{cart}"))
    await asyncio.wait({reading}, timeout=0.1)
    assert not reading.done(), "the view is behind"
    await put(edge, cart, "b", version=2)
    assert [item["meal_id"] for item in (await reading).json["items"]] == ["b"]
    other = str(uuid.uuid4())
    await put(edge, other, "a")
    assert (await edge.client().call("GET", f"/carts/anonymous/{other}")).status == 200


async def test_what_a_visitor_wrote_is_known_to_the_next_command(edge: World, cart: str):
    await edge.redis.set(keys.wrote(f"anonymous:{cart}", "catalog"), "m-1@3;")
    await edge.client().call("POST", "/carts/anonymous/add", BODIES["POST /carts/anonymous/add"] | {"cart_id": cart})
    assert json.loads(edge.domains.taken[-1].headers[headers.AFTER]) == [["catalog", "m-1", 3]]


# -- users and visitors


MINE = [row for row in ROUTES if row.path.startswith("/carts/") and "anonymous" not in row.path]


@pytest.mark.parametrize("row", [row for row in MINE if row.path != "/carts/orders"], ids=lambda row: row.name)
async def test_a_user_with_the_name_of_an_anonymous_basket_does_not_reach_it(edge: World, row: Any, cart: str):
    """Other systems draw user ids, too."""
    await put(edge, cart, "a")
    path = row.path.replace("{meal_id}", "a")
    said = await edge.client(f"anonymous:{cart}").call(row.method, path, BODIES.get(row.name))
    assert said.status == 404, said.raw
    assert edge.domains.taken == []


async def test_such_a_user_merges_nothing(edge: World, cart: str):
    body = {"anonymous_cart_id": str(uuid.uuid4())}
    said = await edge.client(f"anonymous:{cart}").call("POST", "/carts/anonymous/merge", body)
    assert said.status == 404
    assert edge.domains.taken == []


@pytest.mark.parametrize("row", [row for row in CARTS if isinstance(row, ViewRow)], ids=lambda row: row.name)
async def test_a_users_basket_is_not_shown_to_visitors(edge: World, row: Any):
    user = str(uuid.uuid4())
    await edge.redis.set(keys.document("basket", user), stored(1, {"items": [line("a")]}))
    said = await edge.client().call("GET", row.path.replace("{cart_id}", user))
    assert said.status == 404 or said.json["exists"] is False


# -- merge


async def test_a_merge_asks_the_anonymous_basket_in_the_name_of_the_user(edge: World, cart: str):
    me = str(uuid.uuid4())
    body = {"anonymous_cart_id": cart.upper(), "user_id": me}
    for more, strategy in (({}, "add_quantities"), ({"merge_strategy": "replace"}, "replace")):
        assert (await edge.client(me).call("POST", "/carts/anonymous/merge", body | more)).status == 200
        taken = edge.domains.taken[-1]
        assert (taken.key, taken.headers[headers.CALLER]) == (f"anonymous:{cart}", me)
        assert taken.body == {"user_id": me, "strategy": strategy}
    said = await edge.client(me).call("POST", "/carts/anonymous/merge", body | {"merge_strategy": "add"})
    assert (said.status, said.fields) == (422, ["merge_strategy"])


@pytest.mark.parametrize("code", ["", "different_restaurant", "basket_full"])
async def test_a_merge_answers_once_both_baskets_are_shown_as_they_are(edge: World, cart: str, code: str):
    me = str(uuid.uuid4())
    wrote = (Wrote("basket", f"anonymous:{cart}", 4), Wrote("basket", me, 2))

    def merged(command: Command):
        if not code:
            return done(command, wrote=wrote)
        return msgspec.structs.replace(refused(command, code), wrote=wrote)

    edge.domains.behave(merged)
    await edge.redis.set(keys.document("basket", me), stored(2, {"items": []}))
    asking = asyncio.create_task(edge.client(me).call("POST", "/carts/anonymous/merge", {"anonymous_cart_id": cart}))
    await asyncio.wait({asking}, timeout=0.2)
    assert not asking.done(), "the anonymous basket is not shown as it is"
    await edge.redis.set(keys.document("basket", f"anonymous:{cart}"), "4\n")
    said = await asking
    assert said.status == (409 if code else 200)
    if code:
        assert said.problem["code"] == code


async def test_no_access_log_line_holds_the_id(edge: World, cart: str):
    for row in CARTS:
        path = row.path.replace("{cart_id}", cart).replace("{meal_id}", "m-1")
        await edge.client(str(uuid.uuid4())).call(
            row.method, path, BODIES.get(row.name), X_Correlation_Id=f"c-{cart[:8]}"
        )
    last = f"c-{cart[:8]}-last"
    while not any(last.encode() in lines for lines in edge.log):
        await edge.client().call("GET", f"/carts/anonymous/{cart}", X_Correlation_Id=last)
    assert sum(f"c-{cart[:8]}".encode() in line for lines in edge.log for line in lines.splitlines()) > len(CARTS)
    assert not any(cart.encode() in lines for lines in edge.log)
    assert cart not in (await edge.client().call("GET", "/metrics")).raw.decode()
