"""What a caller has before their eyes travels with a command, so that no domain decides by an older copy."""

import json
import uuid
from typing import Any

import msgspec

from tests.http_edge.conftest import World
from tests.http_edge.documents import line, placed_order, stored
from topics import keys
from topics.messages import headers

CASH = {"payment_method": "cash"}


async def stands(edge: World, view: str, name: str, version: int, document: Any) -> None:
    await edge.redis.set(keys.document(view, name), stored(version, document))


async def seen(edge: World, me: str, path: str, body: dict[str, Any], method: str = "POST") -> list[list[Any]]:
    """[domain, id, version] of the command's header."""
    said = await edge.client(me).call(method, path, body)
    assert said.status == 200, said.raw
    return json.loads(edge.domains.taken[-1].headers.get(headers.AFTER, "[]"))


async def test_a_checkout_of_the_basket_knows_its_meals_its_restaurant_and_its_coupon(edge: World):
    me = str(uuid.uuid4())
    await stands(edge, "basket", me, 3, {"items": [line("m-1", restaurant_id="r-1"), line("m-2", restaurant_id="r-1")]})
    await stands(edge, "basket_coupon", me, 3, {"code": "YAZ10"})
    for view, name, version in (
        ("meal", "m-1", 4),
        ("meal", "m-2", 5),
        ("restaurant", "r-1", 6),
        ("coupon", "YAZ10", 1),
    ):
        await stands(edge, view, name, version, {})
    assert await seen(edge, me, "/carts/checkout", CASH) == [
        ["catalog", "m-1", 4], ["catalog", "m-2", 5], ["restaurant", "r-1", 6], ["discount", "YAZ10", 1],
    ]  # fmt: skip


async def test_what_the_checkout_says_itself_counts_before_the_basket(edge: World):
    me = str(uuid.uuid4())
    await stands(edge, "basket_coupon", me, 3, {"code": "YAZ10"})
    await stands(edge, "meal", "m-9", 2, {"restaurant_id": "r-9"})
    await stands(edge, "coupon", "KIS20", 7, {})
    asked = CASH | {"items": [{"meal_id": "m-9", "quantity": 1}], "coupon_code": "kis20"}
    assert await seen(edge, me, "/carts/checkout", asked) == [["catalog", "m-9", 2], ["discount", "KIS20", 7]]


async def test_a_checkout_of_items_knows_the_restaurant_whose_meals_they_are_and_not_that_of_the_basket(edge: World):
    me = str(uuid.uuid4())
    await stands(edge, "basket", me, 3, {"items": [line("m-1", restaurant_id="r-1")]})
    await stands(edge, "meal", "m-9", 2, {"restaurant_id": "r-9"})
    for name in ("r-1", "r-9"):
        await stands(edge, "restaurant", name, 6, {})
    asked = CASH | {"items": [{"meal_id": "m-9", "quantity": 1}]}
    assert await seen(edge, me, "/carts/checkout", asked) == [["catalog", "m-9", 2], ["restaurant", "r-9", 6]]


async def test_items_that_are_lines_of_the_basket_too_are_of_its_restaurant(edge: World):
    me = str(uuid.uuid4())
    await stands(edge, "basket", me, 3, {"items": [line("m-1", restaurant_id="r-1")]})
    await stands(edge, "restaurant", "r-1", 6, {})
    asked = CASH | {"items": [{"meal_id": "m-1", "quantity": 1}, {"meal_id": "m-unknown", "quantity": 1}]}
    assert await seen(edge, me, "/carts/checkout", asked) == [["restaurant", "r-1", 6]]


async def test_a_line_that_is_changed_is_decided_by_the_menu_that_its_owner_has_seen(edge: World):
    me, cart = str(uuid.uuid4()), str(uuid.uuid4())
    await stands(edge, "meal", "m-1", 4, {"restaurant_id": "r-1"})
    for path in ("/carts/update/m-1", f"/carts/anonymous/{cart}/items/m-1"):
        assert await seen(edge, me, path, {"options": []}, "PATCH") == [["catalog", "m-1", 4]]


async def test_a_reorder_is_decided_by_the_menu_that_its_customer_has_seen(edge: World):
    me = str(uuid.uuid4())
    order = placed_order("o-1", me)
    await edge.redis.set(keys.document("order", "o-1"), b"3\n" + msgspec.json.encode(order))
    await stands(edge, "meal", order.items[0].meal_id, 5, {"restaurant_id": order.restaurant_id})
    assert await seen(edge, me, "/orders/o-1/reorder", {}) == [["catalog", order.items[0].meal_id, 5]]


async def test_how_often_its_user_has_used_a_coupon_is_known_where_it_is_used_again(edge: World):
    me = str(uuid.uuid4())
    await stands(edge, "coupon", "YAZ10", 1, {})
    await stands(edge, "coupon_use", "YAZ10", 90, {"used": 45})
    await stands(edge, "coupon_use", f"YAZ10:{me}", 2, {"used": 0})
    known = [["discount", "YAZ10", 1], ["discount", f"YAZ10:{me}", 2]]
    assert await seen(edge, me, "/carts/coupon", {"code": "yaz10"}) == known
    assert await seen(edge, me, "/carts/checkout", CASH | {"coupon_code": "yaz10"}) == known


async def test_a_coupon_that_is_put_into_the_basket_is_known_to_it(edge: World):
    await stands(edge, "coupon", "YAZ10", 2, {})
    assert await seen(edge, str(uuid.uuid4()), "/carts/coupon", {"code": "yaz10"}) == [["discount", "YAZ10", 2]]
