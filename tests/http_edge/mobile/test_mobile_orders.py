"""A restaurant's page, the basket, the checkout and the order, as phones have them."""

import uuid
from typing import Any

import msgspec
import pytest
from msgspec.structs import fields, replace

from http_edge.mobile.basket_page import BasketLine, BasketPage, Sums
from http_edge.mobile.orders import OrderPage
from http_edge.mobile.restaurant import LONGEST, RestaurantPage
from tests.http_edge.client import next_page
from tests.http_edge.conftest import World
from tests.http_edge.documents import line, meal, placed_order, stored
from tests.http_edge.domains import done, refused
from tests.stores.books import restaurant
from topics import keys
from topics.messages import headers
from topics.messages.reply import Wrote

COUPON = {
    "code": "YAZ10", "kind": "percent", "value": 1_000, "title": "", "min_basket": 0, "max_discount": None,
    "valid_from": None, "valid_until": None, "total_limit": None, "per_user_limit": None, "restaurant_id": None,
    "listed": True, "created_at": "2026-01-01T12:00:00Z",
}  # fmt: skip


async def put(edge: World, view: str, name: str, document: Any, version: int = 1) -> None:
    plain = msgspec.to_builtins(document) if isinstance(document, msgspec.Struct) else document
    await edge.redis.set(keys.document(view, name), stored(version, plain))


async def put_meal(edge: World, id: str, number: int = 1, **more: Any) -> None:
    await put(edge, "meal", id, meal(id, **more))
    await edge.redis.zadd(keys.index("meal", keys.menu("r")), {id: number})


async def put_restaurant(edge: World, **more: Any) -> None:
    await put(edge, "restaurant", "r", restaurant("r", **more))


async def test_a_restaurant_comes_with_its_menu(edge: World):
    said = {"district": "Kadıköy", "city": "İstanbul", "cuisines": ("a", "b", "c", "d"), "phone_number": "+90216"}
    await put_restaurant(edge, name="Usta", description="Since 1970", **said)
    spice = {"name": "Acı", "price": 500, "choices": ["az", "çok"], "prices": {"çok": 750}, "min": 1, "max": 1}
    await put_meal(edge, "m-1", 1, price=114_950, description="x" * 2000, options=[spice])
    await put_meal(edge, "m-2", 2, isAvailable=False)
    got = await edge.client().call("GET", "/m/restaurants/r", Accept_Language="en")
    page = got.json
    assert page.keys() | {"distance_km", "distance_text"} == {each.encode_name for each in fields(RestaurantPage)}
    assert (page["name"], page["description"], page["address_text"], page["phone_number"]) == (
        "Usta", "Since 1970", "Kadıköy/İstanbul", "+90216",
    )  # fmt: skip
    assert (page["missing"], page["cuisines"], page["opening_text"]) == ([], ["a", "b", "c", "d"], "Always open")
    menu = page["menu"]
    assert [(each["id"], each["is_available"], each["price_text"]) for each in menu] == [
        ("m-1", True, "1,149.50 TL"), ("m-2", False, "90.00 TL"),
    ]  # fmt: skip
    assert menu[0]["description"] == "x" * (LONGEST - 3) + "…"
    assert menu[0]["options"] == [{**spice, "price": 5.0, "prices": {"çok": 7.5}}]


async def test_a_restaurant_without_its_menu_is_one_all_the_same(edge: World):
    await put_restaurant(edge)
    await put_meal(edge, "m-1")
    await edge.redis.delete(keys.view_ready("meal"))
    said = await edge.client().call("GET", "/m/restaurants/r")
    assert (said.status, said.json["missing"], "menu" in said.json) == (200, ["menu"], False)


async def test_a_menu_has_pages(edge: World):
    await put_restaurant(edge)
    for number in range(5):
        await put_meal(edge, f"m-{number}", number)
    path, found = "/m/restaurants/r?limit=2", list[str]()
    while path:
        said = await edge.client().call("GET", path)
        found += [each["id"] for each in said.json["menu"]]
        path = next_page(said)
    assert found == [f"m-{number}" for number in range(5)]


async def test_the_tag_of_a_restaurant_changes_with_it_and_with_its_menu(edge: World):
    await put_restaurant(edge)
    await put_meal(edge, "m-1")
    said = await edge.client().call("GET", "/m/restaurants/r")
    for change in ("meal", "menu", "restaurant"):
        same = await edge.client().call("GET", "/m/restaurants/r", If_None_Match=said.headers["ETag"])
        assert (same.status, same.raw) == (304, b"")
        if change == "meal":
            await put(edge, "meal", "m-1", meal("m-1", price=9_500), version=2)
        elif change == "menu":
            await put_meal(edge, "m-2", 2)
        else:
            await put(edge, "restaurant", "r", restaurant("r", name="Another"), version=2)
        said = await edge.client().call("GET", "/m/restaurants/r", If_None_Match=said.headers["ETag"])
        assert said.status == 200, f"{change} has changed"


async def test_the_tag_of_a_part_of_a_menu_changes_once_there_is_more(edge: World):
    await put_restaurant(edge)
    await put_meal(edge, "m-1")
    first = await edge.client().call("GET", "/m/restaurants/r?limit=1")
    await put_meal(edge, "m-2", 2)
    again = await edge.client().call("GET", "/m/restaurants/r?limit=1", If_None_Match=first.headers["ETag"])
    assert (again.status, "Link" in first.headers, "Link" in again.headers) == (200, False, True)


async def put_basket(edge: World, me: str, *lines: dict[str, Any], version: int = 1) -> None:
    await put(edge, "basket", me, {"items": list(lines)}, version)


async def test_the_basket_is_shown_with_the_menu_of_now_and_with_its_sums(edge: World):
    me = str(uuid.uuid4())
    await put_restaurant(edge, name="Usta", delivery_fee=1_490, min_order_price=40_000)
    await put_meal(edge, "m-1", name="Lahmacun", price=9_550)
    await put_basket(edge, me, line("m-1", price=9_000), line("gone", name="Çorba", quantity=1))
    said = (await edge.client(me).call("GET", "/m/basket", Accept_Language="en")).json
    for kind, part in ((BasketPage, said), (BasketLine, said["items"][0]), (Sums, said["sums"])):
        assert part.keys() == {each.encode_name for each in fields(kind)}
    assert (said["restaurant_id"], said["restaurant_name"], said["item_count"], said["missing"]) == ("r", "Usta", 3, [])
    assert [(each["name"], each["total"], each["is_available"]) for each in said["items"]] == [
        ("Lahmacun", 191.0, True), ("Çorba", 90.0, False),
    ]  # fmt: skip
    assert said["items"][0]["total_text"] == "191.00 TL"
    assert said["sums"] == {
        "subtotal": 191.0, "subtotal_text": "191.00 TL", "discount": 0.0, "discount_text": "0.00 TL",
        "delivery_fee": 14.9, "delivery_fee_text": "14.90 TL", "total": 205.9, "total_text": "205.90 TL",
        "coupon_code": None, "coupon_text": "", "missing_to_minimum": 209.0, "minimum_text": "209.00 TL to the minimum",
    }  # fmt: skip


async def test_the_coupon_of_a_basket_counts_in_its_sums(edge: World):
    me = str(uuid.uuid4())
    await put_restaurant(edge, delivery_fee=1_000)
    await put_meal(edge, "m-1", price=10_000)
    await put_basket(edge, me, line("m-1"))
    await put(edge, "basket_coupon", me, {"code": "YAZ10"})
    client = edge.client(me)
    unknown = (await client.call("GET", "/m/basket")).json["sums"]
    assert (unknown["coupon_code"], unknown["coupon_text"], unknown["total"]) == (
        "YAZ10",
        "there is no such coupon",
        210.0,
    )
    await put(edge, "coupon", "YAZ10", COUPON)
    found = (await client.call("GET", "/m/basket")).json["sums"]
    assert (found["discount"], found["total"], found["total_text"]) == (20.0, 190.0, "190,00 TL")
    await edge.redis.delete(keys.view_ready("coupon"))
    said = (await client.call("GET", "/m/basket")).json
    assert said["missing"] == ["sums"] and "sums" not in said and len(said["items"]) == 1


@pytest.mark.parametrize(("meals", "problem"), [("m-1", "YAZ10 is for baskets of 1.00 TL and more"), ("gone", "")])
async def test_phone_and_browser_say_the_same_of_a_basket_of_which_nothing_can_be_had(
    edge: World, meals: str, problem: str
):
    me = str(uuid.uuid4())
    await put_restaurant(edge, delivery_fee=1_490, min_order_price=5_000)
    await put_meal(edge, "m-1", isAvailable=False)
    await put_basket(edge, me, line(meals))
    await put(edge, "basket_coupon", me, {"code": "YAZ10"})
    await put(edge, "coupon", "YAZ10", {**COUPON, "restaurant_id": "r", "min_basket": 100 if problem else 0})
    phone = (await edge.client(me).call("GET", "/m/basket", Accept_Language="en")).json["sums"]
    browser = (await edge.client(me).call("GET", "/carts/summary")).json
    names = ("subtotal", "discount", "delivery_fee", "total", "coupon_code")
    assert [phone[name] for name in names] == [browser[name] for name in names] == [0, 0, 14.9, 14.9, "YAZ10"]
    assert phone["missing_to_minimum"] == browser["missing"] == 50
    assert phone["coupon_text"] == (browser["coupon_problem"] or "") == problem


async def test_an_empty_basket_has_no_sums(edge: World):
    said = (await edge.client(str(uuid.uuid4())).call("GET", "/m/basket")).json
    assert said == {
        "restaurant_id": None, "restaurant_name": "", "items": [], "item_count": 0, "item_text": "0 ürün", "sums": None,
        "missing": [],
    }  # fmt: skip


async def test_the_tag_of_a_basket_changes_with_all_that_it_shows(edge: World):
    me = str(uuid.uuid4())
    client = edge.client(me)
    await put_restaurant(edge)
    await put_meal(edge, "m-1")
    await put_basket(edge, me, line("m-1"))
    said = await client.call("GET", "/m/basket")
    changes = (
        ("basket", me, {"items": [line("m-1", quantity=3)]}), ("meal", "m-1", meal("m-1", price=9_100)),
        ("restaurant", "r", restaurant("r", delivery_fee=500)), ("basket_coupon", me, {"code": "X"}),
    )  # fmt: skip
    for view, name, document in changes:
        assert (await client.call("GET", "/m/basket", If_None_Match=said.headers["ETag"])).status == 304
        await put(edge, view, name, document, version=2)
        said = await client.call("GET", "/m/basket", If_None_Match=said.headers["ETag"])
        assert said.status == 200, f"{view} has changed"


async def test_setting_a_line_answers_the_basket_with_it(edge: World):
    me = str(uuid.uuid4())
    await put_restaurant(edge)
    await put_meal(edge, "m-1")
    await put_basket(edge, me, line("m-1", quantity=2), version=3)
    await edge.redis.set(keys.document("basket_coupon", me), "3\n")
    edge.domains.behave(lambda command: done(command, line("m-1"), wrote=(Wrote("basket", me, 3),)))
    said = await edge.client(me).call("POST", "/m/basket", {"meal_id": "m-1", "quantity": 2}, Accept_Language="en")
    assert (said.status, said.json["item_text"], said.json["sums"]["total"]) == (200, "2 items", 180.0)
    command = edge.domains.taken[-1]
    assert (command.headers[headers.TYPE], command.key, command.body["quantity"]) == ("AddItem", me, 2)


async def test_quantity_zero_takes_the_line_out(edge: World):
    me = str(uuid.uuid4())
    said = await edge.client(me).call("POST", "/m/basket", {"meal_id": "m-1", "quantity": 0})
    assert (said.status, said.json["items"]) == (200, [])
    command = edge.domains.taken[-1]
    assert (command.headers[headers.TYPE], command.body["meal_id"]) == ("RemoveItem", "m-1")
    edge.domains.behave(lambda command: refused(command, "not_in_basket"))
    said = await edge.client(me).call("POST", "/m/basket", {"meal_id": "m-1", "quantity": 0})
    assert (said.status, said.problem["code"]) == (404, "not_in_basket")


@pytest.mark.parametrize("lost", ["view", "readiness"])
async def test_a_line_that_is_set_and_not_shown_is_a_202_and_never_a_503(edge: World, lost: str):
    me = str(uuid.uuid4())
    wrote = (Wrote("basket", me, 9),) if lost == "view" else ()
    edge.domains.behave(lambda command: done(command, wrote=wrote))
    if lost == "readiness":
        await edge.redis.delete(keys.view_ready("restaurant"))
    said = await edge.client(me).call("POST", "/m/basket", {"meal_id": "m-1", "quantity": 2})
    assert (said.status, said.json["status"]) == (202, "pending")
    outcome = await edge.client(me).call("GET", said.headers["Location"])
    assert outcome.json["status"] == "done"


async def test_an_idempotency_key_sets_a_line_once(edge: World):
    me, key = str(uuid.uuid4()), uuid.uuid4().hex
    for _ in range(2):
        said = await edge.client(me).call("POST", "/m/basket", {"meal_id": "m", "quantity": 1}, Idempotency_Key=key)
        assert said.status == 200
    assert len(edge.domains.taken) == 1


async def test_a_checkout_answers_the_order_with_texts(edge: World):
    me = str(uuid.uuid4())
    said = await edge.client(me).call("POST", "/m/checkout", {"payment_method": "cash"}, Accept_Language="en")
    assert said.status == 200
    order, page = placed_order("order-1", me), said.json
    assert page.keys() == {field.encode_name for field in fields(OrderPage)}
    assert (page["id"], page["total"], page["status_text"]) == ("order-1", order.total / 100, "Your order is placed")
    assert page["total_text"] == f"{order.total / 100:,.2f} TL"
    assert [each["total_text"] for each in page["items"]] == [f"{each.total / 100:,.2f} TL" for each in order.items]


async def test_prices_that_changed_are_told_in_lira(edge: World):
    more = {"lines": [{"meal_id": "m-1", "name": "Lahmacun", "was": 9_000, "is": 9_550}], "total": 10_550}
    edge.domains.behave(lambda command: replace(refused(command, "price_changed"), more=more))
    for path in ("/carts/checkout", "/m/checkout"):
        client = edge.client(str(uuid.uuid4()))
        said = (await client.call("POST", path, {"payment_method": "cash", "expected_total": 100.55})).problem
        assert (said["code"], said["total"]) == ("price_changed", 105.5)
        assert edge.domains.taken[-1].body["expected_total"] == 10_055
        assert said["lines"] == [{"meal_id": "m-1", "name": "Lahmacun", "was": 90, "is": 95.5}]


async def test_an_order_is_shown_to_its_customer_alone_and_once(edge: World):
    me = str(uuid.uuid4())
    await put(edge, "order", "o-1", placed_order("o-1", me))
    client = edge.client(me)
    said = await client.call("GET", "/m/orders/o-1")
    assert (said.status, said.json["status_text"], "user_id" in said.json) == (200, "Siparişin alındı", False)
    assert (await client.call("GET", "/m/orders/o-1", If_None_Match=said.headers["ETag"])).status == 304
    other = edge.client(str(uuid.uuid4()))
    assert (await other.call("GET", "/m/orders/o-1", If_None_Match=said.headers["ETag"])).status == 404
    await put(edge, "order", "o-1", {**msgspec.to_builtins(placed_order("o-1", me)), "status": "cancelled"}, version=2)
    again = await client.call("GET", "/m/orders/o-1", If_None_Match=said.headers["ETag"])
    assert (again.status, again.json["status_text"]) == (200, "Siparişin iptal edildi")


async def test_a_client_on_the_mobile_port_finds_the_outcome_of_a_202_and_what_else_is_there(edge: World):
    me = edge.client(str(uuid.uuid4()))
    bare = f"http://127.0.0.1:{edge.mobile_port}"
    for path, status in (
        ("/health/ready", 200), ("/health/live", 200), ("/metrics", 200), ("/docs", 200), ("/operations/x", 404),
        ("/restaurants", 404), ("/auth/health", 404),
    ):  # fmt: skip
        async with edge.http.get(bare + path, headers={"Authorization": f"Bearer {me.token}"}) as answer:
            assert answer.status == status, path
    async with edge.http.get(bare + "/openapi.json") as answer:
        described = await answer.json()
    assert described["info"]["title"] == "Lezzet, mobile gateway"
    home = described["paths"]["/m/home"]["get"]
    assert {"200", "304", "401", "422", "503"} <= home["responses"].keys()
    assert {each["name"] for each in home["parameters"]} == {
        "lat",
        "lon",
        "user_id",
        "Accept-Language",
        "If-None-Match",
    }
