"""Redis holds nothing that cannot be built again."""

import redis.asyncio

from tests.deadline import until
from tests.journeys.client import Client


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

    async def there_again() -> bool:
        answers = [await client.call("GET", path) for path in ("/restaurants", "/carts/get")]
        assert all(status in (200, 503) for status, _ in answers), f"expected the view or 503, got {answers}"
        return all(status == 200 for status, _ in answers)

    await until("the views to be built again", there_again)
    assert await client.must("GET", "/restaurants") == before
    client.token = logged_out
    assert (await client.call("GET", "/carts/get"))[0] == 401
