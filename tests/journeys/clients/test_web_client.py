"""The known web client walks the whole product: in a real browser, from another origin, forgiving nothing."""

import re
import uuid
from collections.abc import AsyncGenerator
from typing import Any

import pytest_asyncio
from playwright.async_api import Page

from tests.deadline import until
from tests.journeys import pages
from tests.journeys.client import Client
from tests.journeys.conftest import Product

PASSWORD, NEW_PASSWORD = "correct horse 1", "battery staple 2"
PROFILE = {"full_name": "Ayşe Yılmaz", "born_date": "1990-05-01", "gender": "female", "phone": "(0532) 111 22 33"}
HOME = {
    "title": "Ev", "address": "Moda Caddesi 12", "city": "İstanbul", "district": "Kadıköy",
    "full_address": "Caferağa Mah. Moda Caddesi 12, Kadıköy/İstanbul", "zip_code": "34710", "floor": "3",
    "latitude": 40.9848, "longitude": 29.0261, "is_default": False,
}  # fmt: skip
SORTS = ("rating", "delivery_fee", "prep_time", "distance", "min_order")
HERE = {"lat": 41.03, "lon": 28.98}


class Walk:
    """A visitor with the web client open."""

    def __init__(self, page: Page, site: pages.Site, mailbox: Client) -> None:
        self._page = page
        self._site = site
        self.mailbox = mailbox

    async def open(self, path: str = "/") -> None:
        await self._page.goto(self._site.origin + path)

    async def does(self, expression: str, *arguments: Any) -> Any:
        """The result of a function of the page."""
        return await self._page.evaluate(f"(arguments) => ({expression})(...arguments)", list(arguments))

    async def must(self, verb: str, *arguments: Any) -> Any:
        """The JSON of one request that succeeds."""
        status, answer = await self.does(verb, *arguments)
        assert status in (200, 201), f"{verb} {arguments} answered {status}: {answer}"
        return answer

    async def fails(self, status: int, code: str, verb: str, *arguments: Any) -> Any:
        answered, problem = await self.does(verb, *arguments)
        assert (answered, problem["code"]) == (status, code), problem
        return problem

    async def link(self, subject: str, path: str) -> str:
        """The path of the link in the newest mail about it; it leads to this client's origin."""

        async def newest() -> str | None:
            texts = [mail["text"] for mail in await self.mailbox.mails() if subject in mail["subject"]]
            return texts[-1] if texts else None

        text = await until(f"a mail about {subject!r}", newest)
        found = re.search(re.escape(self._site.origin) + r"(\S+)", text)
        assert found is not None and found[1].startswith(f"{path}?token="), text
        return found[1]

    async def forgives_nothing(self) -> None:
        assert await self.does("() => breaches") == []

    async def types_note(self, line: dict[str, Any], note: str) -> list[dict[str, Any]]:
        """Key by key, as a person does. Returns the basket."""
        await self.does("(line) => noteFor(line)", line)
        await self._page.fill("#note", "")
        await self._page.locator("#note").press_sequentially(note)
        return await self.must("noteSent")


@pytest_asyncio.fixture(loop_scope="session")
async def walk(product: Product, web_client: pages.Site, client: Client) -> AsyncGenerator[Walk]:
    async with pages.browser_page() as page:
        made = Walk(page, web_client, client)
        await made.open()
        yield made


async def _signs_up(walk: Walk) -> None:
    """Register, the mail's link, and the profile."""
    credentials = {"email": walk.mailbox.address, "password": PASSWORD}
    await walk.must("post", "/auth/register", credentials)
    await walk.fails(400, "email_not_verified", "post", "/auth/login", credentials)
    link = await walk.link("Verify", "/auth/verify-email")
    await walk.open(link)
    assert await walk.does("verify", link.partition("token=")[2]) == [200, 200]
    await walk.fails(404, "not_found", "get", "/users/me")
    await walk.must("post", "/users/register/complete", PROFILE)
    profile = await walk.must("get", "/users/me")
    assert (profile["full_name"], profile["phone"]) == ("Ayşe Yılmaz", "+905321112233")


async def _keeps_addresses(walk: Walk) -> None:
    home = await walk.must("post", "/addresses/", HOME)
    work = await walk.must("post", "/addresses/", HOME | {"title": "İş", "is_default": True})
    assert [(each["title"], each["is_default"]) for each in await walk.must("get", "/addresses/")] == [
        ("Ev", False), ("İş", True),
    ]  # fmt: skip
    whole = await walk.must("get", f"/addresses/{home['id']}")
    await walk.must("put", f"/addresses/{home['id']}", whole | {"title": "Evim", "is_default": True})
    await walk.must("remove", f"/addresses/{work['id']}")
    (left,) = await walk.must("get", "/addresses/")
    assert (left["title"], left["is_default"]) == ("Evim", True)


async def _sees_the_dashboard(walk: Walk) -> str:
    """Returns a restaurant that is open at any hour."""
    shown = await walk.does("dashboard")
    assert {name: status for name, (status, _) in shown.items()} == dict.fromkeys(shown, 200)
    restaurants = shown["restaurants"][1]
    assert len(restaurants) >= 24 and len(shown["campaigns"][1]) >= 1
    assert all("discount" not in each for each in restaurants)
    return next(each["id"] for each in restaurants if each["opening_hours"].get("mon") == "00:00-24:00")


async def _searches(walk: Walk) -> None:
    """Each filter and each sort alone and together, and all pages."""
    everything = (await walk.must("search", {}))["total"]
    assert everything >= 24
    filters: list[dict[str, Any]] = [
        {"query": "kebap"}, {"city": "istanbul"}, {"city": "İstanbul", "district": "kadikoy"}, {"min_rating": 0},
        {"max_delivery": 25}, {"min_order": 100}, {"max_prep_time": 25}, {"cuisines": "pide,kebap"}, {"open_now": True},
    ]  # fmt: skip
    for asked in filters:
        found = await walk.must("search", asked)
        assert 0 < found["total"] <= everything, asked
    together = await walk.must("search", {**HERE, **{k: v for each in filters for k, v in each.items()}, "query": "a"})
    assert together["total"] <= everything
    for sort in SORTS:
        for order in ("asc", "desc"):
            await walk.must("search", {**HERE, "sort_by": sort, "sort_order": order})
    seen = [each["id"] for page in range(1, everything // 7 + 2) for each in (await _page(walk, page))["restaurants"]]
    assert len(seen) == len(set(seen)) == everything, "pages neither repeat nor leave out"
    assert (await _page(walk, 9_999))["total"] == everything
    for wrong in ({"page_size": 0}, {"page_size": 10_000}, {"page": 0}, {"sort_by": "taste"}, {"sort_by": "distance"}):
        status, problem = await walk.does("search", wrong)
        assert status == 422 and problem["errors"], wrong


async def _page(walk: Walk, page: int) -> Any:
    return await walk.must("search", {"page": page, "page_size": 7, "sort_by": "delivery_fee"})


async def _fills_the_basket(walk: Walk, restaurant: str) -> float:
    """Two meals, a note at every key stroke, a coupon. Returns the total that the basket shows."""
    menu = await walk.must("get", f"/meals/restaurant/{restaurant}")
    for meal in menu[:2]:
        await walk.must("post", "/carts/add", {"restaurant_id": restaurant, "meal_id": meal["id"], "quantity": 3})
    line = {"restaurant_id": restaurant, "meal_id": menu[0]["id"], "quantity": 3}
    basket = await walk.types_note(line, "az acılı")
    assert [(each["quantity"], each["note"]) for each in basket] == [(3, "az acılı"), (3, None)]
    await walk.must("patch", f"/carts/update/{menu[1]['id']}", {"quantity": 4})
    await walk.must("remove", f"/carts/remove/{menu[1]['id']}")
    await walk.fails(400, "coupon_unknown", "post", "/carts/coupon", {"code": "YOKBÖYLE"})
    preview = await walk.must("post", "/carts/coupon", {"code": " lezzet10 "})
    assert (preview["coupon_code"], preview["discount"]) == ("LEZZET10", round(preview["subtotal"] / 10, 2))
    return preview["total"]


async def _orders(walk: Walk, total: float) -> None:
    order = await walk.must("post", "/carts/checkout", {"payment_method": "credit_card", "expected_total": total})
    assert (order["total"], order["coupon_code"], order["status"]) == (total, "LEZZET10", "placed")
    assert await walk.must("get", "/carts/get") == []
    assert [each["id"] for each in await walk.must("get", "/orders")] == [order["id"]]
    assert [each["id"] for each in await walk.must("get", "/carts/orders")] == [order["id"]]
    assert (await walk.must("get", f"/orders/{order['id']}"))["discount"] == order["discount"]
    await walk.fails(404, "not_found", "get", f"/orders/{uuid.uuid4()}")
    await walk.must("post", f"/orders/{order['id']}/reorder")
    assert len(await walk.must("get", "/carts/get")) == len(order["items"])
    await walk.must("remove", "/carts/clear")
    await walk.does("follow", order["id"])
    await _hears(walk, "placed")
    await walk.must("post", f"/orders/{order['id']}/cancel", {"reason": "Yanlış adres"})
    await _hears(walk, "cancelled")
    moments = await walk.must("get", f"/orders/{order['id']}/timeline")
    assert [each["status"] for each in moments] == ["placed", "cancelled"]
    assert await walk.does("() => following") == 204, "the stream of an ended order says not to come back"
    told = [[each["status"], each] for each in moments]
    assert await walk.does("() => heard") == [*told, ["end", {"why": "complete"}]]


async def _hears(walk: Walk, status: str) -> None:
    async def heard() -> bool:
        return status in [name for name, _ in await walk.does("() => heard")]

    await until(f"{status!r} to be heard live", heard)


async def _keeps_favourites(walk: Walk, restaurant: str) -> None:
    await walk.must("post", "/favorites/restaurant", {"restaurant_id": restaurant})
    await walk.must("post", "/favorites/cuisine", {"cuisine": "ev yemekleri"})
    favourites = await walk.must("get", "/favorites")
    assert [each["restaurant_id"] for each in favourites["restaurants"]] == [restaurant]
    await walk.must("remove", "/favorites/cuisine/ev%20yemekleri")
    await walk.must("remove", f"/favorites/restaurant/{restaurant}")
    await walk.fails(404, "not_found", "remove", f"/favorites/restaurant/{restaurant}")


async def _comes_back_with_a_new_password(walk: Walk) -> None:
    address = walk.mailbox.address
    assert await walk.does("login", address, "wrong horse 1") == 400, "a wrong password is no reason to log out"
    known, unknown = [
        await walk.must("post", "/auth/forgot-password", {"email": email}) for email in (address, f"no-{address}")
    ]
    assert known == unknown
    link = await walk.link("Reset", "/reset-password")
    await walk.open(link)
    token = link.partition("token=")[2]
    await walk.must("post", "/auth/reset-password", {"token": token, "password": NEW_PASSWORD})
    again = {"token": token, "password": NEW_PASSWORD}
    await walk.fails(400, "invalid_token", "post", "/auth/reset-password", again)
    assert await walk.does("login", address, PASSWORD) == 400
    assert await walk.does("login", address, NEW_PASSWORD) == 200
    assert (await walk.must("get", "/users/me"))["full_name"] == "Ayşe Yılmaz"


async def test_a_visitor_registers_orders_and_comes_back_with_a_new_password(walk: Walk):
    await _signs_up(walk)
    await _keeps_addresses(walk)
    restaurant = await _sees_the_dashboard(walk)
    await _searches(walk)
    total = await _fills_the_basket(walk, restaurant)
    await _orders(walk, total)
    await _keeps_favourites(walk, restaurant)
    assert (await walk.must("get", "/campaigns"))[0]["title"]
    assert await walk.does("logout") == 200
    await _comes_back_with_a_new_password(walk)
    export = await walk.must("get", "/users/me/export")
    assert (export["profile"]["full_name"], len(export["orders"])) == ("Ayşe Yılmaz", 1)
    await walk.forgives_nothing()


async def test_a_visitor_without_an_account_fills_a_basket_and_takes_it_along(walk: Walk):
    restaurants = await walk.must("get", "/restaurants")
    restaurant = next(each["id"] for each in restaurants if each["opening_hours"].get("mon") == "00:00-24:00")
    menu = await walk.must("get", f"/meals/restaurant/{restaurant}")
    cart = await walk.does("anonymousCart")
    await walk.fails(404, "not_found", "get", f"/carts/anonymous/{cart}")
    for meal in menu[:2]:
        line = {"cart_id": cart, "restaurant_id": restaurant, "meal_id": meal["id"], "quantity": 2}
        await walk.must("post", "/carts/anonymous/add", line)
    basket = await walk.must("get", f"/carts/anonymous/{cart}")
    assert (basket["cart_id"], basket["item_count"], len(basket["items"])) == (cart, 2, 2)
    await walk.must("patch", f"/carts/anonymous/{cart}/items/{menu[0]['id']}", {"quantity": 3})
    assert (await walk.must("get", f"/carts/anonymous/{cart}/validate"))["is_valid"] is True
    await _signs_up(walk)
    await walk.must("post", "/carts/add", {"restaurant_id": restaurant, "meal_id": menu[0]["id"], "quantity": 1})
    status, report = await walk.does("mergeAtLogin", "add_quantities")
    assert status == 200
    assert (report["merged_items_count"], report["conflicts_resolved"], report["user_cart_items"]) == (2, 1, 2)
    lines = await walk.must("get", "/carts/get")
    assert {each["meal_id"]: each["quantity"] for each in lines} == {menu[0]["id"]: 4, menu[1]["id"]: 2}
    await walk.fails(404, "not_found", "get", f"/carts/anonymous/{cart}")
    await walk.forgives_nothing()


async def test_public_pages_ignore_a_bad_token_and_protected_ones_say_log_in_again(walk: Walk):
    bad = {"token": "not.a.token"}
    for path in ("/restaurants", "/campaigns", "/discounts", "/restaurants/search"):
        status, _ = await walk.does("get", path, bad)
        assert status == 200, path
    for path in ("/users/me", "/addresses/", "/favorites", "/carts/get", "/orders"):
        await walk.fails(401, "token_invalid", "get", path, bad)
    await walk.forgives_nothing()


async def test_the_client_notices_what_it_does_not_forgive(walk: Walk):
    """A check that finds nothing in bad answers proves nothing."""
    restaurant = {"id": "r-1", "opening_hours": {}}
    for path, answer in (
        ("/orders", None),
        ("/orders", {"orders": []}),
        ("/carts/get", [{"price": "12.50"}]),
        ("/restaurants/search", {"restaurants": None}),
        ("/restaurants", [restaurant]),
        ("/restaurants", [restaurant | {"address": {"city": None}}]),
    ):
        await walk.does("(path, answer) => checkAnswer('x', path, answer)", path, answer)
        assert len(await walk.does("() => breaches.splice(0)")) == 1, (path, answer)
    good = {"detail": "no", "message": "no", "code": "no"}
    for path, status, problem in (
        ("/auth/login", 401, good),
        ("/restaurants", 401, good),
        ("/orders", 404, good | {"detail": ["no"]}),
        ("/orders", 404, good | {"code": ""}),
        ("/orders", 500, good),
    ):
        await walk.does("(p, s, problem) => checkProblem('x', p, s, problem, false)", path, status, problem)
        assert len(await walk.does("() => breaches.splice(0)")) == 1, (path, status, problem)
    assert (await walk.does("get", "/restaurants//"))[0] == 404
    await walk.forgives_nothing()
