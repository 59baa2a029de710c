"""An engineer finds out in a real browser what happened to a guest: by keys alone, at the width of a phone, in the dark."""

import contextlib
import json
import re
from collections.abc import AsyncGenerator

import aiohttp
import pytest_asyncio
from aiokafka import AIOKafkaProducer
from playwright.async_api import Page, expect

from tests.deadline import SECONDS, until
from tests.journeys import pages
from tests.journeys.client import Client
from tests.journeys.conftest import Product

expect.set_options(timeout=SECONDS * 1000)

HOSTILE = "<img src=x onerror=alert(1)>\u202e"


class Desk:
    """breaches: what the browser complained about, as scripts, styles and requests that the page's policy forbids."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page, self.origin = page, origin
        self.breaches: list[str] = []
        page.on("console", lambda said: self.breaches.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.breaches.append(str(error)))
        page.on("dialog", lambda dialog: self.breaches.append(dialog.message))

    async def open(self, path: str) -> None:
        await self.page.goto(self.origin + path)

    async def fits(self) -> None:
        width = await self.page.evaluate("document.documentElement.scrollWidth")
        size = self.page.viewport_size
        assert size is not None and width <= size["width"], f"{self.page.url} is {width} wide"


@pytest_asyncio.fixture(loop_scope="session")
async def desk(product: Product) -> AsyncGenerator[Desk]:
    said = await product.lezzet("status")
    link = re.search(r"http://\S+/enter\?code=\S+", said)
    assert link is not None, f"expected a link into the console in {said}"

    async def answers() -> bool:
        with contextlib.suppress(aiohttp.ClientError):
            async with aiohttp.request("GET", f"{product.endpoints['console']}/health/live") as answer:
                return answer.status == 200
        return False

    await until("the console to answer: `up` does not wait for it", answers)
    async with pages.browser_page() as page:
        await page.goto(link[0])
        yield Desk(page, product.endpoints["console"])


async def test_an_engineer_finds_by_keys_what_happened_to_a_guest(desk: Desk, client: Client) -> None:
    user = await client.sign_up()
    address = await client.add_address()
    await client.must(
        "PUT", f"/addresses/{address}", {"title": "Yazlık", "address": "Sahil 1", "city": "İzmir", "district": "Urla"}
    )
    # a page shows what is on the topics when it is opened, and an answer may be there before its event
    await client.read_until("address_events", lambda record: record.key == user.encode() and b"Urla" in record.value)
    page = desk.page
    await page.keyboard.press("Escape")
    await page.locator("h1").click()
    await page.keyboard.press("/")
    await page.keyboard.type(user)
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text(user)
    await expect(page.locator(".timeline").get_by_text("AddressAdded").first).to_be_visible()
    await expect(page.get_by_text("after AddAddress").first).to_be_visible()
    assert "Moda Caddesi" not in await page.content(), "nobody is told where a guest lives"

    await desk.open(f"/state/{user}?domain=address")
    version = page.locator("input[type=range]")
    await expect(version).to_have_value("2")
    await version.focus()
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("h2").first).to_contain_text("version 1 of 2")
    await expect(page.locator("ins").first).to_be_visible()

    await page.keyboard.press("g")
    await page.keyboard.press("t")
    await expect(page.locator("h1")).to_have_text("Topics")
    await expect(page.locator('[data-n="address_events rate"]')).not_to_have_text("–")
    assert desk.breaches == []


async def test_what_comes_appears_and_hostile_messages_stay_texts(desk: Desk, product: Product) -> None:
    await desk.open("/topics/basket_commands")
    await expect(desk.page.locator("[data-tail-state]")).to_have_text("live")
    kafka = AIOKafkaProducer(bootstrap_servers=product.endpoints["kafka"])
    await kafka.start()
    try:
        headers = [("ce_type", HOSTILE.encode()), ("ce_id", b"hostile")]
        body = json.dumps({"said": HOSTILE}, ensure_ascii=False).encode()
        await kafka.send_and_wait("basket_commands_dlq", body, key=HOSTILE.encode(), headers=headers)
        await desk.open("/topics/basket_commands_dlq")
        await expect(desk.page.locator("[data-tail-state]")).to_have_text("live")
        await kafka.send_and_wait("basket_commands_dlq", body, key=HOSTILE.encode(), headers=headers)
    finally:
        await kafka.stop()
    rows = desk.page.locator("tbody tr", has_text="hostile").or_(desk.page.locator("tbody tr", has_text="onerror"))
    await expect(rows).to_have_count(2)
    for row in await rows.all():
        await expect(row).to_contain_text(r"<img src=x onerror=alert(1)>\u202e")
    assert await desk.page.locator("tbody img").count() == 0 and desk.breaches == []


async def test_pages_fit_a_phone_in_the_dark(desk: Desk) -> None:
    await desk.page.set_viewport_size({"width": 360, "height": 720})
    await desk.page.emulate_media(color_scheme="dark")
    for path in (
        "/",
        "/topics",
        "/topics/order_events",
        "/find",
        "/dlq",
        "/views",
        "/map",
        "/processes",
        "/flow/nobody",
        "/decide/order",
    ):
        await desk.open(path)
        await desk.fits()
        ground = await desk.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert ground == "rgb(21, 20, 18)", path
