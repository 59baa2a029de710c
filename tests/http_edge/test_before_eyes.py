"""What a caller has before their eyes at a checkout travels with it, so that no domain decides by an older copy."""

import json
import uuid
from typing import Any

from tests.http_edge.conftest import World
from tests.http_edge.documents import line, stored
from topics import keys
from topics.messages import headers

CASH = {"payment_method": "cash"}


async def stands(edge: World, view: str, name: str, version: int, document: Any) -> None:
    await edge.redis.set(keys.document(view, name), stored(version, document))


async def seen(edge: World, me: str, path: str, body: dict[str, Any]) -> list[list[Any]]:
    """[domain, id, version] of the command's header."""
    said = await edge.client(me).call("POST", path, body)
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
    await stands(edge, "meal", "m-9", 2, {})
    await stands(edge, "coupon", "KIS20", 7, {})
    asked = CASH | {"items": [{"meal_id": "m-9", "quantity": 1}], "coupon_code": "kis20"}
    assert await seen(edge, me, "/carts/checkout", asked) == [["catalog", "m-9", 2], ["discount", "KIS20", 7]]


async def test_a_coupon_that_is_put_into_the_basket_is_known_to_it(edge: World):
    await stands(edge, "coupon", "YAZ10", 2, {})
    assert await seen(edge, str(uuid.uuid4()), "/carts/coupon", {"code": "yaz10"}) == [["discount", "YAZ10", 2]]
