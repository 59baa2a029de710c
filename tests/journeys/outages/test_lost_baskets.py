"""The Redis of the baskets loses everything while the product runs."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import pytest_asyncio
from redis.asyncio import Redis

from tests.deadline import until
from tests.journeys.client import Client
from tests.journeys.conftest import Product


@pytest_asyncio.fixture(loop_scope="session")
async def baskets(product: Product) -> AsyncGenerator[Redis]:
    async with Redis.from_url(product.endpoints["redis_baskets"]) as made:
        yield made


async def _states(baskets: Redis) -> dict[bytes, bytes]:
    return await baskets.hgetall("{basket}:state")


async def _stopped(product: Product) -> dict[str, str]:
    """Why partitions of the basket domain stand still, by its agents' own word."""
    port = json.loads((product.data / "ports.json").read_text())["agents_health"]
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/health/ready") as answer:
        told: dict[str, Any] = await answer.json(content_type=None)
    return told["groups"]["basket.decide"]["stopped"]


async def test_they_are_back_by_the_command_and_identical(
    product: Product, client: Client, owner: Client, baskets: Redis
) -> None:
    await owner.sign_up()
    restaurant, meal = await owner.open_restaurant(90)
    item = {"meal_id": meal, "restaurant_id": restaurant, "quantity": 2}
    for each in (owner, client):
        if each is client:
            await client.sign_up()
        await each.sees(f"/meals/{meal}")
        await each.must("POST", "/carts/add", item)
    await owner.add_address()
    await owner.must("POST", "/carts/checkout", {"payment_method": "cash"})
    await product.quiet()  # what other journeys have asked for still changes baskets
    before = await _states(baskets)
    assert len(before) >= 2

    await baskets.flushall()

    async def taken() -> bool:
        """Not decided on an empty store. 503: it was not taken, as where Kafka is slow."""
        status, answer = await client.call_once("POST", "/carts/add", {**item, "quantity": 5})
        assert status in (202, 503), f"{status} {answer}"
        return status == 202

    await until("a command to be taken that cannot be decided", taken)
    why = await until("the agents to say what is wrong", lambda: _stopped(product))
    assert all("./lezzet baskets rebuild" in said for said in why.values())
    assert await baskets.exists("{basket}:floor") == 0, "nothing was begun anew"

    said = await product.lezzet("baskets", "rebuild")
    assert f"{len(before)} made of" in said

    async def decided() -> bool:
        status, lines = await client.call("GET", "/carts/get")
        return status == 200 and [line["quantity"] for line in lines] == [5]

    await until("the command that waited to be decided", decided)
    after = await _states(baskets)
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert len(changed) == 1, "all others are as they were, to the byte"

    async def going_on() -> bool:
        return not await _stopped(product)

    await until("all partitions to be opened again", going_on)
    await owner.must("POST", "/carts/add", item)


async def test_a_view_that_is_lost_touches_no_basket(
    product: Product, client: Client, owner: Client, baskets: Redis
) -> None:
    await owner.sign_up()
    restaurant, meal = await owner.open_restaurant(90)
    await client.sign_up()
    await client.sees(f"/meals/{meal}")
    await client.must("POST", "/carts/add", {"meal_id": meal, "restaurant_id": restaurant, "quantity": 2})
    await product.quiet()
    before = await _states(baskets)
    async with Redis.from_url(product.endpoints["redis"]) as views:
        await views.flushall()

    async def back() -> bool:
        return (await client.call("GET", "/carts/get"))[0] == 200

    await until("the views to be built again", back)
    assert await _states(baskets) == before
