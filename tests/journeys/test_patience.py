"""The patience of the journeys' client, before a gateway that is slow on purpose."""

from collections.abc import AsyncGenerator, Iterator

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from tests.journeys.patience import patient

DONE = b'{"id":"x","total":999.90}'
OUTCOMES = (b'{"status":"pending"}', b'{"status":"pending"}', b'{"status":"done","result":' + DONE + b"}")


class Slow:
    """Answers a checkout 202, and its operation by OUTCOMES. asked: how often the checkout was asked for."""

    def __init__(self) -> None:
        self.asked = 0
        self._outcomes: Iterator[bytes] = iter(OUTCOMES)

    async def checkout(self, request: web.Request) -> web.Response:
        self.asked += 1
        return web.json_response({}, status=202, headers={"Location": "/operations/1"})

    async def operation(self, request: web.Request) -> web.Response:
        return web.Response(body=next(self._outcomes), content_type="application/json")


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest_asyncio.fixture
async def gateway(slow: Slow) -> AsyncGenerator[str]:
    app = web.Application()
    app.router.add_post("/carts/checkout", slow.checkout)
    app.router.add_get("/operations/1", slow.operation)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_checkout_that_is_being_done_is_asked_for_once_and_answered_as_it_would_be_at_once(
    slow: Slow, gateway: str
):
    async with patient(gateway) as url, aiohttp.ClientSession() as http, http.post(f"{url}/carts/checkout") as answer:
        assert (answer.status, await answer.read(), slow.asked) == (200, DONE, 1)
