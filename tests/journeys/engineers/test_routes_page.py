"""The page of all routes, which `up` names first, in a real browser."""

import aiohttp
import pytest
from playwright.async_api import expect

from tests.deadline import SECONDS
from tests.journeys import pages
from tests.journeys.conftest import Product

expect.set_options(timeout=SECONDS * 1000)


@pytest.mark.parametrize("gateway", ["edge_itself", "mobile_itself"])
async def test_every_route_is_shown_and_can_be_found(product: Product, gateway: str) -> None:
    at = product.endpoints[gateway]
    async with aiohttp.request("GET", f"{at}/openapi.json") as answer:
        described = await answer.json()
    routes = [(method, path) for path, methods in described["paths"].items() for method in methods]
    wrong: list[str] = []
    async with pages.browser_page() as page:
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await page.goto(f"{at}/docs")
        await expect(page.locator("details")).to_have_count(len(routes))
        await expect(page).to_have_title(described["info"]["title"])
        await expect(page.locator("#about")).to_have_text(described["info"]["description"].replace("`", ""))
        shown = [text.split(" ")[0] for text in await page.locator("summary > code").all_inner_texts()]
        assert sorted(shown) == sorted(path for _, path in routes)
        await page.get_by_label("Filter").fill("checkout payment_method")
        found = page.locator("details:visible")
        await expect(found).to_have_count(1)
        await found.locator("summary").click()
        await expect(found.locator("pre").first).to_contain_text('"payment_method"')
    assert not wrong


async def test_a_route_that_takes_a_picture_says_in_which_forms(product: Product) -> None:
    async with pages.browser_page() as page:
        await page.goto(f"{product.endpoints['edge_itself']}/docs")
        await page.get_by_label("Filter").fill("post /meals/{id}/photo")
        found = page.locator("details:visible")
        await found.locator("summary").click()
        await expect(found.locator("h4", has_text="Request")).to_be_visible()
        await expect(found.locator("code", has_text="image/*")).to_be_visible()
