"""A user takes away all that is shown of them."""

import uuid

from http_edge.web.account.export import AT_ONCE, MOST_ORDERS
from tests.http_edge.conftest import World
from tests.http_edge.documents import stored
from topics import keys


async def test_an_export_holds_every_part_and_all_orders(edge: World):
    me = str(uuid.uuid4())
    await edge.redis.set(keys.document("user", me), stored(1, {"id": me, "full_name": "Ayşe"}))
    await edge.redis.set(keys.document("address", me), stored(2, {"addresses": [{"id": "a-1"}]}))
    orders = {f"o-{n}": n for n in range(AT_ONCE + 7)}
    await edge.redis.zadd(keys.index("order", keys.orders(me)), orders)
    await edge.redis.mset({keys.document("order", name): stored(1, {"id": name}) for name in orders})
    said = await edge.client(me).call("GET", "/users/me/export")
    assert said.status == 200 and "attachment" in said.headers["Content-Disposition"]
    export = said.json
    assert (export["profile"]["full_name"], export["addresses"]["addresses"]) == ("Ayşe", [{"id": "a-1"}])
    assert (export["favourites"], export["preferences"], export["basket"]) == (None, None, None)
    assert [each["id"] for each in export["orders"]] == list(reversed(orders))
    assert export["orders_complete"] is True


async def test_more_orders_than_one_file_holds_are_said_to_be_missing(edge: World):
    me = str(uuid.uuid4())
    await edge.redis.zadd(keys.index("order", keys.orders(me)), {f"o-{n}": n for n in range(MOST_ORDERS + 1)})
    assert (await edge.client(me).call("GET", "/users/me/export")).json["orders_complete"] is False
