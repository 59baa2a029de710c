"""A basket is shown with the menu as it is now."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from http_edge.reads.joins import Joiner
from http_edge.web.order.menu_now import MENU_NOW
from tests.http_edge.conftest import World
from tests.http_edge.documents import line, meal, stored
from topics import keys


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


async def test_without_the_menu_there_is_no_price_to_show(edge: World):
    me = str(uuid.uuid4())
    await put_basket(edge, me, "a")
    await edge.redis.delete("views:ready:meal")
    said = await edge.client(me).call("GET", "/carts/get")
    assert (said.status, said.problem["code"], said.headers["Retry-After"]) == (503, "view_not_ready", "2")
