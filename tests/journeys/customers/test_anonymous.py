"""A visitor fills a basket, registers, and has it."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.client import Client
from tests.journeys.conftest import Product

Menu = list[dict[str, Any]]


async def menus(client: Client) -> tuple[Menu, Menu]:
    """What two restaurants sell, two meals each at least."""
    restaurants = await client.must("GET", "/restaurants")
    found = [await client.must("GET", f"/meals/restaurant/{restaurant['id']}") for restaurant in restaurants]
    first, second, *_ = [menu for menu in found if len(menu) > 1]
    return first, second


async def new_cart(client: Client, *lines: tuple[dict[str, Any], int]) -> str:
    cart = (await client.must("POST", "/carts/anonymous/generate-id"))["cart_id"]
    for meal, quantity in lines:
        await put(client, cart, meal, quantity)
    return cart


async def put(client: Client, cart: str, meal: dict[str, Any], quantity: int, **more: Any) -> Any:
    line = {"cart_id": cart, "restaurant_id": meal["restaurant_id"], "meal_id": meal["id"], "quantity": quantity}
    return await client.must("POST", "/carts/anonymous/add", line | more)


async def mine(client: Client, *lines: tuple[dict[str, Any], int]) -> None:
    for meal, quantity in lines:
        body = {"restaurant_id": meal["restaurant_id"], "meal_id": meal["id"], "quantity": quantity}
        await client.must("POST", "/carts/add", body)


async def quantities(client: Client) -> dict[str, int]:
    return {line["meal_id"]: line["quantity"] for line in await client.must("GET", "/carts/get")}


async def merge(client: Client, cart: str, strategy: str | None = None) -> tuple[int, Any]:
    body = {"anonymous_cart_id": cart, "user_id": client.user} | ({"merge_strategy": strategy} if strategy else {})  # type: ignore[attr-defined]
    return await client.call("POST", "/carts/anonymous/merge", body)


async def gone(client: Client, cart: str) -> bool:
    return (await client.call("GET", f"/carts/anonymous/{cart}"))[0] == 404


@pytest.fixture
async def user(client: Client) -> Client:
    client.user = await client.sign_up()  # type: ignore[attr-defined]
    return client


def in_days(days: int, said: str) -> bool:
    return abs(datetime.fromisoformat(said) - datetime.now(UTC) - timedelta(days=days)) < timedelta(minutes=10)


async def test_a_visitor_fills_a_basket_and_sees_each_write(client: Client):
    (soup, bread, *_), _ = await menus(client)
    cart = await new_cart(client)
    assert uuid.UUID(cart).version == 4
    assert await gone(client, cart)
    for quantity in range(1, 11):
        line = await put(client, cart, soup, quantity, note=f"note {quantity}")
        assert (line["cart_id"], line["meal_id"], line["quantity"]) == (cart, soup["id"], quantity)
        assert "user_id" not in line
        basket = await client.must("GET", f"/carts/anonymous/{cart}")
        assert [(each["quantity"], each["note"]) for each in basket["items"]] == [(quantity, f"note {quantity}")]
    await put(client, cart.upper(), bread, 1)
    basket = await client.must("GET", f"/carts/anonymous/{cart.upper()}")
    assert (basket["cart_id"], basket["restaurant_id"], basket["item_count"]) == (cart, soup["restaurant_id"], 2)
    assert {each["cart_id"] for each in basket["items"]} == {cart}
    assert basket["items"][0]["name"] == soup["name"] and basket["items"][0]["price"] == soup["price"]
    created, updated = (datetime.fromisoformat(basket[name]) for name in ("created_at", "updated_at"))
    assert in_days(30, basket["expires_at"]) and created <= updated
    changed = await client.must("PATCH", f"/carts/anonymous/{cart}/items/{bread['id']}", {"quantity": 4})
    assert (changed["cart_id"], changed["quantity"]) == (cart, 4)
    await client.must("DELETE", f"/carts/anonymous/{cart}/items/{soup['id']}")
    basket = await client.must("GET", f"/carts/anonymous/{cart}")
    assert [(each["meal_id"], each["quantity"]) for each in basket["items"]] == [(bread["id"], 4)]
    await client.must("DELETE", f"/carts/anonymous/{cart}/clear")
    basket = await client.must("GET", f"/carts/anonymous/{cart}")
    assert (basket["items"], basket["item_count"], basket["restaurant_id"]) == ([], 0, None)


async def test_a_basket_of_two_restaurants_is_refused(client: Client):
    (soup, *_), (sushi, *_) = await menus(client)
    cart = await new_cart(client, (soup, 1))
    body = {"cart_id": cart, "meal_id": sushi["id"], "quantity": 1}
    status, answer = await client.call("POST", "/carts/anonymous/add", body)
    assert status == 409 and "different restaurant" in answer["detail"]


async def test_a_basket_is_checked_and_kept_for_longer(client: Client):
    (soup, *_), _ = await menus(client)
    cart = await new_cart(client)
    unknown = {"cart_id": cart, "is_valid": False, "exists": False, "item_count": 0, "restaurant_id": None,
               "expires_at": None}  # fmt: skip
    assert await client.must("GET", f"/carts/anonymous/{cart}/validate") == unknown
    assert (await client.call("POST", f"/carts/anonymous/{cart}/extend"))[0] == 404
    await put(client, cart, soup, 2)
    checked = await client.must("GET", f"/carts/anonymous/{cart}/validate")
    assert (checked["is_valid"], checked["exists"], checked["item_count"]) == (True, True, 1)
    longer = await client.must("POST", f"/carts/anonymous/{cart}/extend?days=60")
    assert longer["cart_id"] == cart and in_days(60, longer["expires_at"])
    assert in_days(60, (await client.must("GET", f"/carts/anonymous/{cart}"))["expires_at"])
    for days in ("0", "91", "soon"):
        status, answer = await client.call("POST", f"/carts/anonymous/{cart}/extend?days={days}")
        assert (status, answer["errors"][0]["field"]) == (422, "days")


async def test_quantities_of_both_baskets_are_added(user: Client):
    (soup, bread, *_), _ = await menus(user)
    cart = await new_cart(user, (soup, 98), (bread, 1))
    await mine(user, (soup, 3))
    status, report = await merge(user, cart)
    assert status == 200, report
    counts = (report["user_cart_items"], report["merged_items_count"], report["conflicts_resolved"])
    assert counts == (2, 2, 1) and report["message"]
    assert await gone(user, cart)
    assert await quantities(user) == {soup["id"]: 99, bread["id"]: 1}
    status, again = await merge(user, cart)
    assert (status, again["merged_items_count"], again["user_cart_items"]) == (200, 0, 2)
    await put(user, cart, soup, 1)
    assert not await gone(user, cart), "an id may be used anew"


async def test_a_users_basket_is_replaced(user: Client):
    (soup, bread, *_), (sushi, *_) = await menus(user)
    cart = await new_cart(user, (sushi, 2))
    await mine(user, (soup, 1), (bread, 1))
    status, report = await merge(user, cart, "replace")
    assert status == 200, report
    assert (report["user_cart_items"], report["merged_items_count"], report["conflicts_resolved"]) == (1, 1, 2)
    assert await quantities(user) == {sushi["id"]: 2}
    assert await gone(user, cart)


async def test_baskets_of_two_restaurants_are_not_merged_and_nothing_changes(user: Client):
    (soup, *_), (sushi, *_) = await menus(user)
    cart = await new_cart(user, (sushi, 2))
    await mine(user, (soup, 1))
    before = await user.must("GET", f"/carts/anonymous/{cart}")
    status, answer = await merge(user, cart)
    assert (status, answer["code"]) == (409, "different_restaurant")
    assert "different restaurant" in answer["detail"]
    assert await user.must("GET", f"/carts/anonymous/{cart}") == before
    assert await quantities(user) == {soup["id"]: 1}
    assert (await merge(user, cart, "replace"))[0] == 200


async def test_a_merge_that_is_sent_twice_at_once_is_one(user: Client):
    (soup, *_), _ = await menus(user)
    cart = await new_cart(user, (soup, 2))
    answers = await asyncio.gather(*(merge(user, cart) for _ in range(3)))
    assert [status for status, _ in answers] == [200, 200, 200]
    assert sorted(report["merged_items_count"] for _, report in answers) == [0, 0, 1]
    assert await quantities(user) == {soup["id"]: 2}


async def test_a_refused_merge_that_is_sent_twice_at_once_is_refused_twice(user: Client):
    """Clients forget the id of their basket once they hear of a success."""
    (soup, *_), (sushi, *_) = await menus(user)
    cart = await new_cart(user, (sushi, 2))
    await mine(user, (soup, 1))
    answers = await asyncio.gather(*(merge(user, cart) for _ in range(3)))
    assert [status for status, _ in answers] == [409, 409, 409]
    basket = await user.must("GET", f"/carts/anonymous/{cart}")
    assert [(line["meal_id"], line["quantity"]) for line in basket["items"]] == [(sushi["id"], 2)]
    assert await quantities(user) == {soup["id"]: 1}


async def test_a_basket_that_another_has_taken_is_not_there(user: Client, owner: Client):
    (soup, *_), _ = await menus(user)
    owner.user = await owner.sign_up()  # type: ignore[attr-defined]
    cart = await new_cart(user, (soup, 2))
    assert (await merge(user, cart))[0] == 200
    assert (await merge(owner, cart))[0] == 404
    assert (await merge(user, str(uuid.uuid4())))[0] == 404
    body = {"anonymous_cart_id": await new_cart(user, (soup, 1)), "user_id": owner.user}  # type: ignore[attr-defined]
    assert (await user.call("POST", "/carts/anonymous/merge", body))[0] == 404


async def test_the_id_of_a_basket_is_in_no_log(product: Product, user: Client):
    (soup, *_), _ = await menus(user)
    cart = await new_cart(user, (soup, 1))
    assert (await merge(user, cart))[0] == 200
    logs = [path for path in product.data.rglob("*.log") if "agents" in path.name or "edge" in path.name]
    assert logs, f"expected logs of agents and edges in {product.data}"
    assert [path for path in logs if cart in path.read_text(errors="replace")] == []
