"""Redis holds nothing that cannot be built again."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import redis.asyncio

from infra.layout.folders import CHECKOUT
from tests.deadline import SECONDS, until, within
from tests.journeys.client import Client
from tests.journeys.conftest import Product
from topics import keys


async def test_after_flushall_views_and_the_deny_list_come_back(product: Product, client: Client):
    await client.sign_up()
    await product.quiet()  # what other journeys have asked for still changes restaurants
    logged_out = client.token
    await client.must("POST", "/auth/logout", {})
    answer = await client.must("POST", "/auth/login", {"email": client.address, "password": "correct horse 1"})
    client.token = answer["access_token"]
    before = await _restaurants(client)

    store = redis.asyncio.from_url(client.endpoints["redis"])
    await store.flushall()
    await store.aclose()

    await _built_again(client)
    known = {each["id"] for each in before}
    assert [each for each in await _restaurants(client) if each["id"] in known] == before
    client.token = logged_out
    assert (await client.call("GET", "/carts/get"))[0] == 401


async def test_views_are_built_again_while_they_are_read_and_written_and_nobody_notices(
    product: Product, client: Client, owner: Client
):
    await owner.sign_up()
    _, meal = await owner.open_restaurant(90)
    await client.sign_up()
    await client.sees(f"/meals/{meal}")
    async with _steady(client, meal) as reader:
        for view in ("basket", "restaurant", "meal", "login", "deny", "order_timeline"):
            said = (await product.lezzet("views", "rebuild", view, "--json")).splitlines()
            assert json.loads(said[-1])["switched"], said
    assert reader.reads > 50 and reader.writes > 5, f"it was hardly used: {reader}"
    rows = await _rows(product)
    assert rows["basket"]["live"] != "@1" and rows["basket"]["building"] is None
    await _nothing_is_left(product)


async def test_it_goes_back_to_the_view_of_before_while_that_is_read_and_written_and_nobody_notices(
    product: Product, client: Client, owner: Client
):
    await owner.sign_up()
    _, meal = await owner.open_restaurant(90)
    await client.sign_up()
    await client.sees(f"/meals/{meal}")
    views = ("basket", "meal", "deny")
    before = await _rows(product)
    for view in views:
        await product.lezzet("views", "rebuild", view)
    rebuilt = await _rows(product)
    async with _steady(client, meal) as reader:
        for view in views:
            said = (await product.lezzet("views", "rebuild", view, "--back", "--json")).splitlines()
            assert json.loads(said[-1])["switched"], said
    assert reader.reads > 50 and reader.writes > 5, f"it was hardly used: {reader}"
    after = await _rows(product)
    for view in views:
        assert rebuilt[view]["previous"]["generation"] == before[view]["live"] == after[view]["live"]
        assert after[view]["previous"]["generation"] == rebuilt[view]["live"]
        assert 0 < after[view]["previous"]["seconds"] <= 3600
        assert "0 differ" in await product.lezzet("views", "diff", view)
    await _nothing_is_left(product)
    with pytest.raises(AssertionError, match=r"exited 2: .*'basket' has no generation to go back to"):
        await product.lezzet("views", "rebuild", "basket", "--back")


async def test_after_an_update_that_shows_something_else_the_view_is_built_beside_what_stands(
    product: Product, client: Client, owner: Client
):
    await owner.sign_up()
    _, meal = await owner.open_restaurant(90)
    await client.sign_up()
    await client.sees(f"/meals/{meal}")
    store = redis.asyncio.from_url(client.endpoints["redis"])
    record = json.loads(await store.get(keys.generations("restaurant")))
    record["live"]["form"] = "another form"
    # a release that runs still: what nobody else knows is built again by the agents themselves
    await store.zadd(keys.running("restaurant"), {"another form": time.time() + 2 * SECONDS})
    await store.set(keys.generations("restaurant"), json.dumps(record))
    servers = {"KAFKA_BROKERS": "kafka", "POSTGRES_URL": "postgres", "MONGO_URL": "mongo", "REDIS_URL": "redis",
               "REDIS_BASKETS_URL": "redis_baskets"}  # fmt: skip
    environment = {**os.environ, **{name: client.endpoints[server] for name, server in servers.items()}}
    async with _steady(client, meal):
        provision = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "agents.provision", cwd=CHECKOUT, env=environment, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await within("the provision to end", provision.communicate())
        assert provision.returncode == 0 and said.decode().rstrip().endswith(": 1"), said

        async def switched() -> bool:
            return await store.get(keys.view_ready("restaurant")) != record["live"]["tag"].encode()

        await until("readers to use the new form", switched)
    await store.zrem(keys.running("restaurant"), "another form")
    assert (await client.must("GET", "/restaurants/search?query=kebap"))["total"] > 0
    await store.aclose()
    assert "no dead letters" in await product.lezzet("dlq", "list", "restaurant_events")
    await _nothing_is_left(product)


async def test_a_view_that_is_not_there_is_one_clear_line(product: Product):
    with pytest.raises(AssertionError, match=r"exited 2: .*no view with a generation 'baskets'; did you mean basket"):
        await product.lezzet("views", "rebuild", "baskets")


@dataclass
class _Steady:
    """What a client has done meanwhile."""

    reads: int = 0
    writes: int = 0


@asynccontextmanager
async def _steady(client: Client, meal: str) -> AsyncGenerator[_Steady]:
    """About 50 reads a second of several views, and writes whose effect is read at once. Every answer must be 200."""
    done, stop = _Steady(), asyncio.Event()

    async def read() -> None:
        paths = ("/restaurants", f"/meals/{meal}", "/carts/get", "/restaurants/search", "/orders")
        while not stop.is_set():
            path = paths[done.reads % len(paths)]
            status, said = await client.call("GET", path)
            assert status == 200, f"{path}: {status} {said}"
            assert path != "/restaurants/search" or said["total"] > 0, "everything that can be found is found"
            done.reads += 1
            await asyncio.sleep(0.02)  # the rate

    async def write() -> None:
        while not stop.is_set():
            quantity = done.writes % 9 + 1
            await client.must("DELETE", "/carts/clear")
            await client.must("POST", "/carts/add", {"meal_id": meal, "quantity": quantity})
            (item,) = await client.must("GET", "/carts/get")
            assert item["quantity"] == quantity, "whoever writes and then reads sees the write"
            done.writes += 1

    tasks = [asyncio.create_task(read()), asyncio.create_task(write())]
    try:
        yield done
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def _rows(product: Product) -> dict[str, dict[str, Any]]:
    """As `./lezzet views` prints them, by view."""
    return {row["view"]: row for row in json.loads(await product.lezzet("views", "--json"))}


async def _nothing_is_left(product: Product) -> None:
    """Of generations that are not read any more, once the time of the way back is over."""
    store = redis.asyncio.from_url(product.endpoints["redis"])
    kept = [name async for name in store.scan_iter(keys.previous("*"))]
    if kept:
        await store.delete(*kept)

    async def removed() -> bool:
        rows = (await _rows(product)).values()
        return not any(row["removing"] or row["previous"] for row in rows)

    await until("what was switched from to be removed", removed)
    live = {view + row["live"] for view, row in (await _rows(product)).items()}
    names = [name.decode() for name in await store.keys("*:*@*")]
    await store.aclose()
    of = {name.split(":")[1] for name in names if name.startswith(("view:", "index:", "side:", "floor:", "caught_up:"))}
    assert of <= live, f"left: {of - live}"


async def _restaurants(client: Client) -> list[dict[str, Any]]:
    """What of them does not change with the clock: a pause and a busy time end by themselves."""
    return [
        {**each, "open_now": None}
        for each in await client.must("GET", "/restaurants")
        if each["pause"] is None and each["busy"] is None
    ]


async def _built_again(client: Client) -> None:
    async def there() -> bool:
        paths = ("/restaurants", "/carts/get", "/restaurants/search")
        answers = [await client.call("GET", path) for path in paths]
        assert all(status in (200, 503) for status, _ in answers), f"expected the view or 503, got {answers}"
        return all(status == 200 for status, _ in answers)

    await until("the views to be built again", there)
