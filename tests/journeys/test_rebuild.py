"""Redis holds nothing that cannot be built again."""

import asyncio
import os
import sys

import redis.asyncio

from infra.layout.folders import CHECKOUT
from tests.deadline import until
from tests.journeys.client import Client
from tests.journeys.conftest import Product
from topics import keys


async def test_after_flushall_views_and_the_deny_list_come_back(client: Client):
    await client.sign_up()
    logged_out = client.token
    await client.must("POST", "/auth/logout", {})
    answer = await client.must("POST", "/auth/login", {"email": client.address, "password": "correct horse 1"})
    client.token = answer["access_token"]
    before = await client.must("GET", "/restaurants")

    store = redis.asyncio.from_url(client.endpoints["redis"])
    await store.flushall()
    await store.aclose()

    await _built_again(client)
    assert await client.must("GET", "/restaurants") == before
    client.token = logged_out
    assert (await client.call("GET", "/carts/get"))[0] == 401


async def test_after_an_update_that_shows_something_else_the_views_are_built_again(product: Product, client: Client):
    await client.sign_up()
    before = await client.must("GET", "/restaurants")
    store = redis.asyncio.from_url(client.endpoints["redis"])
    await store.set(keys.VIEW_SHAPES, '{"restaurant":"another form"}')
    here = {"KAFKA_BROKERS": client.endpoints["kafka"], "POSTGRES_URL": client.endpoints["postgres"]}
    environment = {**os.environ, **here, "REDIS_URL": client.endpoints["redis"]}
    provision = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agents.provision", cwd=CHECKOUT, env=environment, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await provision.communicate()
    assert provision.returncode == 0 and not said.decode().rstrip().endswith(": 0"), said
    await _built_again(client)
    assert await client.must("GET", "/restaurants") == before
    assert (await client.must("GET", "/restaurants/search?query=kebap"))["total"] > 0
    await store.aclose()
    assert "no dead letters" in await product.lezzet("dlq", "list", "restaurant_events")


async def _built_again(client: Client) -> None:
    async def there() -> bool:
        paths = ("/restaurants", "/carts/get", "/restaurants/search")
        answers = [await client.call("GET", path) for path in paths]
        assert all(status in (200, 503) for status, _ in answers), f"expected the view or 503, got {answers}"
        return all(status == 200 for status, _ in answers)

    await until("the views to be built again", there)
