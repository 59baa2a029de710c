"""A user takes away all that is shown of them."""

import uuid

from http_edge.reads.lists import SLICE_ENTRIES
from http_edge.web.account import export
from tests.http_edge.client import next_page
from tests.http_edge.conftest import World
from tests.http_edge.documents import stored
from topics import keys


async def test_an_export_holds_every_part_and_all_orders(edge: World):
    me = str(uuid.uuid4())
    await edge.redis.set(keys.document("user", me), stored(1, {"id": me, "full_name": "Ayşe"}))
    await edge.redis.set(keys.document("address", me), stored(2, {"addresses": [{"id": "a-1"}]}))
    courier = {"id": me, "name": "Ayşe", "since": "2026-01-01T12:00:00Z"}
    await edge.redis.set(keys.document("courier", keys.courier(me)), stored(1, courier))
    orders = {f"o-{n}": n for n in range(SLICE_ENTRIES + 7)}
    await edge.redis.zadd(keys.index("order", keys.orders(me)), orders)
    await edge.redis.mset({keys.document("order", name): stored(1, {"id": name}) for name in orders})
    said = await edge.client(me).call("GET", "/users/me/export")
    assert said.status == 200 and "attachment" in said.headers["Content-Disposition"]
    file = said.json
    assert (file["profile"]["full_name"], file["addresses"]["addresses"]) == ("Ayşe", [{"id": "a-1"}])
    assert (file["favourites"], file["preferences"], file["basket"]) == (None, None, None)
    assert file["courier"] == courier
    assert [each["id"] for each in file["orders"]] == list(reversed(orders))
    assert file["orders_complete"] is True and "Link" not in said.headers


async def test_more_orders_than_one_file_holds_are_in_the_next_one(edge: World):
    me, (row,) = str(uuid.uuid4()), export.ROUTES
    assert row.pages is not None
    orders = {f"o-{n:05}": n for n in range(row.pages.default + 1)}
    await edge.redis.zadd(keys.index("order", keys.orders(me)), orders)
    await edge.redis.mset({keys.document("order", name): stored(1, {"id": name}) for name in orders})
    first = await edge.client(me).call("GET", "/users/me/export")
    assert first.json["orders_complete"] is False
    rest = await edge.client(me).call("GET", next_page(first))
    assert rest.json["orders_complete"] is True and "Link" not in rest.headers
    assert [each["id"] for each in (*first.json["orders"], *rest.json["orders"])] == sorted(orders, reverse=True)
