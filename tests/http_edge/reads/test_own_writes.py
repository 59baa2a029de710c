"""Whoever writes and then reads sees the write."""

import asyncio
import uuid

from tests.http_edge.client import Client
from tests.http_edge.conftest import World
from tests.http_edge.documents import line, stored
from topics import keys


def basket(version: int, *meals: str) -> str:
    return stored(version, {"items": [line(meal) for meal in meals]})


async def meals_of(client: Client) -> list[str]:
    return [item["meal_id"] for item in (await client.call("GET", "/carts/get")).json]


async def test_a_basket_is_the_bare_list_of_its_document(edge: World):
    me = str(uuid.uuid4())
    assert (await edge.client(me).call("GET", "/carts/get")).json == []
    await edge.redis.set(keys.document("basket", me), basket(1, "a", "b"))
    assert await meals_of(edge.client(me)) == ["a", "b"]


async def test_a_read_waits_for_what_its_caller_wrote(edge: World):
    me = str(uuid.uuid4())
    place = keys.document("basket", me)
    await edge.redis.set(place, basket(1, "old"))
    await edge.redis.set(keys.wrote(me, "basket"), f"{me}@1;{me}@2;")
    reading = asyncio.create_task(edge.client(me).call("GET", "/carts/get"))
    await asyncio.wait({reading}, timeout=0.1)
    assert not reading.done(), "the view is behind"
    await edge.redis.set(place, basket(2, "new"))
    assert [item["meal_id"] for item in (await reading).json] == ["new"]


async def test_a_view_that_stays_behind_is_503(edge: World):
    me = str(uuid.uuid4())
    await edge.redis.set(keys.wrote(me, "basket"), f"{me}@2;")
    said = await edge.client(me).call("GET", "/carts/get")
    assert (said.status, said.headers["Retry-After"], said.problem["code"]) == (503, "2", "view_behind")


async def test_others_do_not_wait(edge: World):
    me, other = str(uuid.uuid4()), str(uuid.uuid4())
    await edge.redis.set(keys.wrote(me, "restaurant"), "r-1@2;")
    await edge.redis.set(keys.document("restaurant", "r-1"), '1\n{"id":"r-1"}')
    await edge.redis.zadd(keys.index("restaurant", "restaurants"), {"r-1": 1})
    assert (await edge.client(other).call("GET", "/restaurants")).json == [{"id": "r-1", "open_now": True}]
    assert (await edge.client().call("GET", "/restaurants/r-1")).json == {"id": "r-1", "open_now": True}
    assert (await edge.client(me).call("GET", "/restaurants/r-1")).status == 503


async def test_a_list_has_what_its_caller_made_and_leaves_out_what_is_gone(edge: World):
    me = str(uuid.uuid4())
    await edge.redis.mset({keys.document("order", "1"): '1\n{"id":"1"}', keys.document("order", "2"): "2\n"})
    await edge.redis.zadd(keys.index("order", f"orders:{me}"), {"1": 1, "2": 2})
    await edge.redis.set(keys.wrote(me, "order"), "3@1;")
    reading = asyncio.create_task(edge.client(me).call("GET", "/orders"))
    await asyncio.wait({reading}, timeout=0.05)
    async with edge.redis.pipeline() as pipeline:
        pipeline.set(keys.document("order", "3"), '1\n{"id":"3"}')
        pipeline.zadd(keys.index("order", f"orders:{me}"), {"3": 3})
        await pipeline.execute()
    assert (await reading).json == [{"id": "3"}, {"id": "1"}]
