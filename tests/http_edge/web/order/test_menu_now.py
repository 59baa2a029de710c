"""A basket is shown with the menu as it is now."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from http_edge.reads.joins import Joiner
from http_edge.web.order.menu_now import MENU_NOW, line_now
from tests.http_edge.conftest import World
from tests.http_edge.documents import line, meal, stored
from tests.stores.books import restaurant
from topics import keys
from topics.documents.browse import Meal
from topics.documents.order import BasketItem


def document(*meals: str) -> bytes:
    return json.dumps({"items": [line(each) for each in meals]}).encode()


async def put_basket(edge: World, user: str, *meals: str, version: int = 1) -> None:
    await edge.redis.set(keys.document("basket", user), stored(version, {"items": [line(each) for each in meals]}))


async def put_meal(edge: World, id: str, version: int = 1, **more: Any) -> None:
    await edge.redis.set(keys.document("meal", id), stored(version, meal(id, **more)))


async def shown(edge: World, user: str) -> dict[str, tuple[str, float, bool]]:
    """Meal → (name, price, available)."""
    said = await edge.client(user).call("GET", "/carts/get")
    assert said.status == 200, said.raw
    return {item["meal_id"]: (item["name"], item["price"], item["is_available"]) for item in said.json}


async def test_a_line_has_the_price_of_now_not_of_when_it_was_set(edge: World):
    me = str(uuid.uuid4())
    await put_basket(edge, me, "a", "b")
    await put_meal(edge, "a")
    await put_meal(edge, "b", name="Ayran", price=1_550)
    assert await shown(edge, me) == {"a": ("Lahmacun", 90, True), "b": ("Ayran", 15.5, True)}
    await put_meal(edge, "a", 2, price=12_000, name="Big lahmacun")
    assert (await shown(edge, me))["a"] == ("Big lahmacun", 120, True)
    await put_meal(edge, "b", 2, isAvailable=False)
    assert (await shown(edge, me))["b"] == ("Lahmacun", 90, False)


async def test_a_meal_that_is_gone_is_shown_as_not_available(edge: World):
    me = str(uuid.uuid4())
    await put_basket(edge, me, "a", "b")
    await put_meal(edge, "a", price=10_000)
    await put_meal(edge, "b")
    assert (await shown(edge, me))["b"][2]
    await edge.redis.set(keys.document("meal", "b"), "2\n")
    assert await shown(edge, me) == {"a": ("Lahmacun", 100, True), "b": ("Lahmacun", 90, False)}


async def test_lines_that_come_and_go_are_shown_at_once(edge: World):
    me = str(uuid.uuid4())
    for each, price in (("a", 100), ("b", 200), ("c", 300)):
        await put_meal(edge, each, price=price)
    for version, meals in enumerate((("a",), ("a", "b"), ("c", "a"), ("b",)), 1):
        await put_basket(edge, me, *meals, version=version)
        prices = {"a": 1, "b": 2, "c": 3}
        assert {each: price for each, (_, price, _) in (await shown(edge, me)).items()} == {m: prices[m] for m in meals}


async def test_a_read_that_began_before_another_one_remembered_more_is_complete(edge: World):
    """Both begin knowing of one meal; the first ends and remembers two; a meal changes before the second looks."""
    me, joiner = str(uuid.uuid4()), Joiner(MENU_NOW)
    place, (one, two) = keys.document("basket", me), (document("a"), document("a", "b"))
    for each in "ab":
        await put_meal(edge, each)

    async def values(asked: Sequence[str]) -> list[bytes | None]:
        return await edge.edge.reads.get(asked)

    await joiner.complete(edge.edge.reads, place, one, asked := joiner.places(place), await values(asked))
    early = joiner.places(place)
    await joiner.complete(edge.edge.reads, place, two, early, await values(early))
    await put_meal(edge, "a", 2, price=12_000)
    merged = json.loads(await joiner.complete(edge.edge.reads, place, two, early, await values(early)))
    assert [item["price"] for item in merged["items"]] == [12_000, 9_000]


async def test_notices_say_what_the_menu_has_changed(edge: World):
    me = str(uuid.uuid4())
    await put_basket(edge, me, "a", "b", "c")
    await put_meal(edge, "a")
    await put_meal(edge, "b", price=9_550)
    await put_meal(edge, "c", isAvailable=False)
    found = {each["meal_id"]: each["notices"] for each in (await edge.client(me).call("GET", "/carts/get")).json}
    assert found == {
        "a": [],
        "b": [{"code": "price_changed", "detail": "Lahmacun costs 95.50 TL now, not 90.00", "was": 90, "is": 95.5}],
        "c": [{"code": "unavailable", "detail": "Lahmacun is not on sale now"}],
    }


SPICE = {"name": "Acı", "choices": ["az", "çok"], "prices": {"çok": 250}}
MUCH = {"name": "Acı", "choice": "çok", "price": 200}


@pytest.mark.parametrize(
    ("options", "price", "available", "codes"),
    [
        ([SPICE], 9_250, True, ["price_changed"]),
        ([SPICE | {"prices": {"çok": 200}}], 9_200, True, []),
        ([SPICE | {"choices": ["az"], "prices": {}}], 9_200, False, ["option_unavailable"]),
        ([], 9_200, False, ["option_unavailable"]),
    ],
)
def test_a_line_with_options_is_priced_and_checked_by_the_menu_of_now(
    options: Any, price: int, available: bool, codes: list[str]
):
    item = msgspec.convert(line("a", price=9_200, options=[MUCH]), BasketItem)
    found = line_now(item, msgspec.convert(meal("a", options=options), Meal))
    assert (found.price, found.is_available, [each.code for each in found.notices]) == (price, available, codes)


async def test_the_summary_says_what_the_basket_comes_to_and_what_is_missing_to_the_minimum(edge: World):
    me = str(uuid.uuid4())
    client = edge.client(me)
    empty = (await client.call("GET", "/carts/summary")).json
    assert (empty["item_count"], empty["total"], empty["missing"], empty["restaurant_id"]) == (0, 0, 0, None)
    await put_basket(edge, me, "a", "b")
    await put_meal(edge, "a")
    await put_meal(edge, "b", isAvailable=False)
    place = msgspec.structs.replace(restaurant("r"), delivery_fee=1_990, min_order_price=25_000)
    await edge.redis.set(keys.document("restaurant", "r"), b"1\n" + msgspec.json.encode(place))
    said = await client.call("GET", "/carts/summary")
    assert said.json == {
        "restaurant_id": "r", "item_count": 2, "unavailable": 1, "subtotal": 180, "discount": 0, "delivery_fee": 19.9,
        "total": 199.9, "min_order_price": 250, "missing": 70, "coupon_code": None, "coupon_problem": None,
    }  # fmt: skip


async def test_without_the_menu_there_is_no_price_to_show(edge: World):
    me = str(uuid.uuid4())
    await put_basket(edge, me, "a")
    await edge.redis.delete("views:ready:meal")
    said = await edge.client(me).call("GET", "/carts/get")
    assert (said.status, said.problem["code"], said.headers["Retry-After"]) == (503, "view_not_ready", "2")
