"""How the page of all routes reads, in a real browser."""

import pytest
from playwright.async_api import expect

from tests.deadline import SECONDS
from tests.http_edge.conftest import World
from tests.journeys import pages

expect.set_options(timeout=SECONDS * 1000)


@pytest.mark.parametrize("gateway", ["web", "mobile"])
async def test_what_stands_between_backticks_is_shown_as_code(edge: World, gateway: str) -> None:
    async with pages.browser_page() as page:
        await page.goto(f"http://127.0.0.1:{edge.port if gateway == 'web' else edge.mobile_port}/docs")
        await expect(page.locator("details")).not_to_have_count(0)
        await expect(page.locator("#about code").first).to_have_text("limit")
        assert "`" not in (await page.locator("body").text_content() or "")


async def test_routes_of_phones_stand_under_a_title_that_says_so(edge: World) -> None:
    async with pages.browser_page() as page:
        await page.goto(f"http://127.0.0.1:{edge.mobile_port}/docs")
        of_home = page.locator("section", has=page.locator("summary", has_text="/m/home"))
        await expect(of_home.locator("h2")).to_have_text("phones")


async def test_every_group_has_a_title_of_letters(edge: World) -> None:
    for port in (edge.port, edge.mobile_port):
        async with edge.http.get(f"http://127.0.0.1:{port}/openapi.json") as answer:
            described = await answer.json()
        titles = {
            tag for methods in described["paths"].values() for each in methods.values() for tag in each.get("tags", ())
        }
        assert titles and all(title.isalpha() and len(title) > 1 for title in titles), titles
