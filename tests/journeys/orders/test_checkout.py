"""From a basket to an order: coupons, hours, addresses, times, and buttons that are pressed twice."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest_asyncio

from tests.deadline import until
from tests.journeys.client import Client
from topics.values.opening_hours import DAYS

ISTANBUL = ZoneInfo("Europe/Istanbul")
CASH = {"payment_method": "cash"}


@pytest_asyncio.fixture(loop_scope="session")
async def menu(owner: Client, client: Client) -> tuple[str, str]:
    """(restaurant, meal for 100) of another one; the client is logged in and has an address."""
    await owner.sign_up()
    restaurant, meal = await owner.open_restaurant(100, delivery_fee=20)
    await client.sign_up()
    await client.add_address()
    await client.sees(f"/meals/{meal}")
    return restaurant, meal


async def put(client: Client, meal: str, quantity: int = 1, **said: Any) -> None:
    await client.must("POST", "/carts/add", {"meal_id": meal, "quantity": quantity} | said)


async def refused(client: Client, status: int, code: str, **said: Any) -> dict[str, Any]:
    answered, problem = await client.call("POST", "/carts/checkout", CASH | said)
    assert (answered, problem["code"]) == (status, code), problem
    return problem


async def coupon(owner: Client, restaurant: str, code: str, **said: Any) -> None:
    await owner.must(
        "POST", "/discounts", {"code": code, "restaurant_id": restaurant, "kind": "percent", "value": 10} | said
    )


async def test_a_coupon_is_previewed_in_the_basket_and_taken_off_the_order(
    menu: tuple[str, str], owner: Client, client: Client
):
    restaurant, meal = menu
    await coupon(owner, restaurant, f"İndirim-{restaurant[:8]}")
    code = f"INDIRIM-{restaurant[:8]}".upper()
    await client.sees(f"/discounts/{code}/check")
    await put(client, meal, 2)
    shown = await client.must("POST", "/carts/coupon", {"code": f" indirim-{restaurant[:8]} "})
    assert (shown["coupon_code"], shown["subtotal"], shown["discount"], shown["total"]) == (code, 200, 20, 200)
    assert (await client.must("GET", "/carts/coupon"))["discount"] == 20
    order = await client.must("POST", "/carts/checkout", CASH | {"expected_total": 200})
    assert (order["coupon_code"], order["discount"], order["total"]) == (code, 20, 200)
    assert (await client.must("GET", f"/orders/{order['id']}"))["discount"] == 20
    assert (await client.call("GET", "/carts/coupon"))[0] == 404, "the coupon has left the basket with its lines"
    assert [each["code"] for each in await client.must("GET", f"/discounts?restaurant_id={restaurant}")][-1] == code


async def test_a_coupon_is_used_as_often_as_it_may(menu: tuple[str, str], owner: Client, client: Client):
    restaurant, meal = menu
    code = f"ONCE-{restaurant[:8]}".upper()
    await coupon(owner, restaurant, code, per_user_limit=1, kind="fixed", value=30)
    await client.sees(f"/discounts/{code}/check")
    await put(client, meal)
    order = await client.must("POST", "/carts/checkout", CASH | {"coupon_code": code.lower()})
    assert order["discount"] == 30
    await put(client, meal, 3)
    await refused(client, 400, "coupon_used_up", coupon_code=code)
    assert [line["quantity"] for line in await client.must("GET", "/carts/get")] == [3], "the lines are back at once"
    await refused(client, 400, "coupon_unknown", coupon_code="NOBODYS")
    assert (await client.must("POST", "/carts/checkout", CASH))["discount"] == 0


async def test_only_the_owner_makes_coupons_and_a_code_is_made_once(
    menu: tuple[str, str], owner: Client, client: Client
):
    restaurant, _ = menu
    said = {"code": f"MINE-{restaurant[:8]}", "restaurant_id": restaurant, "kind": "fixed", "value": 5}
    assert (await client.call("POST", "/discounts", said))[0] == 404
    await owner.must("POST", "/discounts", said)
    assert (await owner.call("POST", "/discounts", said | {"value": 6}))[0] == 409
    status, problem = await owner.call("POST", "/discounts", said | {"code": "a b", "kind": "gift", "value": 0})
    assert status == 422
    assert {each["field"] for each in problem["errors"]} == {"code", "kind", "value"}


async def test_a_checkout_twice_at_once_is_one_order(menu: tuple[str, str], client: Client):
    _, meal = menu
    await put(client, meal, 2)
    answers = await asyncio.gather(*(client.must("POST", "/carts/checkout", CASH) for _ in range(2)))
    assert answers[0]["id"] == answers[1]["id"]
    assert len(await client.must("GET", "/orders")) == 1


async def test_a_checkout_with_a_coupon_twice_at_once_is_one_order_and_one_use(
    menu: tuple[str, str], owner: Client, client: Client
):
    restaurant, meal = menu
    code = f"TWICE-{restaurant[:8]}".upper()
    await coupon(owner, restaurant, code, total_limit=1, per_user_limit=5)
    await client.sees(f"/discounts/{code}/check")
    await put(client, meal)
    asked = CASH | {"coupon_code": code}
    answers = await asyncio.gather(*(client.must("POST", "/carts/checkout", asked) for _ in range(3)))
    assert len({answer["id"] for answer in answers}) == 1
    assert all(answer["discount"] == 10 for answer in answers)


async def test_the_same_items_twice_are_one_order_unless_keys_tell_them_apart(menu: tuple[str, str], client: Client):
    _, meal = menu
    asked = CASH | {"items": [{"meal_id": meal, "quantity": 1}]}
    first, second = await asyncio.gather(*(client.must("POST", "/carts/checkout", asked) for _ in range(2)))
    assert first["id"] == second["id"]
    third = await client.must("POST", "/carts/checkout", asked, **{"Idempotency-Key": "third"})
    fourth = await client.must("POST", "/carts/checkout", asked, **{"Idempotency-Key": "fourth"})
    assert len({first["id"], third["id"], fourth["id"]}) == 3


async def test_one_key_a_hundred_times_at_once_is_one_order_and_a_hundred_same_answers(
    menu: tuple[str, str], client: Client
):
    _, meal = menu
    asked, key = (
        CASH | {"items": [{"meal_id": meal, "quantity": 1}], "note": "a hundred"},
        {"Idempotency-Key": "hundred"},
    )

    async def answered() -> dict[str, Any]:
        """The order itself: while it is not decided, whoever asks again under the same key waits for it."""

        async def ask() -> dict[str, Any] | None:
            status, said = await client.call("POST", "/carts/checkout", asked, **key)
            assert status in (200, 202, 429, 503), said
            return said if status == 200 else None

        return await until("an answer", ask, 60, pause=0.5)

    answers = await asyncio.gather(*(answered() for _ in range(100)))
    assert all(answer == answers[0] for answer in answers)
    mine = [order for order in await client.must("GET", "/orders") if order["id"] == answers[0]["id"]]
    assert len(mine) == 1 == len(await client.must("GET", "/orders"))


async def test_what_is_not_ordered_stays_in_the_basket(menu: tuple[str, str], owner: Client, client: Client):
    restaurant, meal = menu
    other = (await owner.must("POST", "/meals/", {"restaurant_id": restaurant, "name": "Ayran", "price": 30}))["id"]
    await client.sees(f"/meals/{other}")
    await put(client, meal)
    await client.must("POST", "/carts/checkout", CASH | {"items": [{"meal_id": other, "quantity": 1}]})
    assert [line["meal_id"] for line in await client.must("GET", "/carts/get")] == [meal]


async def test_a_price_that_changed_is_not_charged_without_a_word(menu: tuple[str, str], owner: Client, client: Client):
    _, meal = menu
    await put(client, meal)
    await owner.must("PUT", f"/meals/{meal}", {"price": 150})
    # the owner's next command knows the new price, so the order's copy has it from then on
    await owner.must("POST", "/carts/checkout", CASH | {"pickup": True, "items": [{"meal_id": meal, "quantity": 1}]})
    problem = await refused(client, 409, "price_changed", expected_total=120)
    assert problem["total"] == 170
    assert problem["lines"] == [{"meal_id": meal, "name": "Lahmacun", "was": 100, "is": 150}]
    order = await client.must("POST", "/carts/checkout", CASH | {"expected_total": 170})
    assert order["changes"] == [{"meal_id": meal, "name": "Lahmacun", "was": 100, "is": 150}]


async def test_a_meal_that_is_gone_is_told_by_its_name(menu: tuple[str, str], owner: Client, client: Client):
    _, meal = menu
    await put(client, meal)
    await owner.must("DELETE", f"/meals/{meal}")

    async def is_gone() -> bool:
        return not (await client.must("GET", "/carts/get"))[0]["is_available"]

    await until("the meal to be gone", is_gone)
    problem = await refused(client, 409, "meal_unavailable")
    assert problem["items"] == [{"meal_id": meal, "name": "Lahmacun"}]
    assert "Lahmacun" in problem["detail"]


def closed_today() -> dict[str, str]:
    """Open on the days before yesterday and after tomorrow only."""
    today = datetime.now(ISTANBUL).weekday()
    return {DAYS[(today + days) % 7]: "11:00-22:00" for days in (2, 3, 4, 5)}


async def test_a_closed_restaurant_says_when_it_opens_and_takes_orders_for_then(owner: Client, client: Client):
    await owner.sign_up()
    _, meal = await owner.open_restaurant(100, opening_hours=closed_today())
    await client.sign_up()
    await client.add_address()
    await client.sees(f"/meals/{meal}")
    await put(client, meal)
    problem = await refused(client, 409, "restaurant_closed")
    opens = datetime.fromisoformat(problem["opens_at"])
    assert opens > datetime.now(UTC) and (opens.hour, opens.minute) == (11, 0)
    await refused(client, 409, "restaurant_closed", schedule_date=(opens - timedelta(hours=3)).isoformat())
    order = await client.must("POST", "/carts/checkout", CASH | {"schedule_date": opens.isoformat()})
    assert order["schedule_date"] == opens.isoformat()


async def test_the_lines_time_is_the_orders_and_the_past_is_refused(menu: tuple[str, str], client: Client):
    _, meal = menu
    for said in ((datetime.now(ISTANBUL) - timedelta(hours=20)).replace(tzinfo=None).isoformat(timespec="minutes"),
                 "2026-12-01T19:30<svg/onload=alert(1)>", "2026-02-30"):  # fmt: skip
        status, problem = await client.call(
            "POST", "/carts/add", {"meal_id": meal, "quantity": 1, "schedule_date": said}
        )
        assert status == 422 and "schedule_date" in str(problem), problem
    later = (datetime.now(ISTANBUL) + timedelta(days=1)).replace(tzinfo=None).isoformat(timespec="minutes")
    await put(client, meal, schedule_date=later)
    assert (await client.must("POST", "/carts/checkout", CASH))["schedule_date"] == later


async def test_an_order_goes_to_an_address_of_its_user_or_is_picked_up(owner: Client, client: Client):
    await owner.sign_up()
    _, meal = await owner.open_restaurant(100, delivery_fee=20)
    await client.sign_up()
    await client.sees(f"/meals/{meal}")
    await put(client, meal)
    assert (await refused(client, 422, "address_needed"))["errors"][0]["field"] == "address_id"
    await refused(client, 404, "address_not_found", address_id="nope")
    await refused(client, 404, "address_not_found", address_id=await owner.add_address())
    picked_up = await client.must("POST", "/carts/checkout", CASH | {"pickup": True})
    assert (picked_up["delivery_fee"], picked_up["delivery_address"]) == (0, None)
    home, work = await client.add_address(), await client.add_address(title="İş")
    await put(client, meal)
    assert (await client.must("POST", "/carts/checkout", CASH))["address_id"] == home
    await put(client, meal, 2)
    order = await client.must("POST", "/carts/checkout", CASH | {"address_id": work})
    assert (order["delivery_address"]["title"], order["delivery_fee"]) == ("İş", 20)


async def test_a_note_that_spells_a_nul_is_a_note(menu: tuple[str, str], client: Client):
    _, meal = menu
    await put(client, meal, note="\\u0000")
    assert [line["note"] for line in await client.must("GET", "/carts/get")] == ["\\u0000"]


async def test_options_go_from_the_menu_through_the_basket_to_the_order(
    menu: tuple[str, str], owner: Client, client: Client
):
    restaurant, _ = menu
    spice = {"name": "Acı", "choices": ["az", "çok"], "min": 1}
    sides = {"name": "Yanında", "price": 15, "choices": ["cacık", "biber"], "prices": {"cacık": 42.5}, "max": 2}
    dish = {"restaurant_id": restaurant, "name": "Adana", "price": 245.5, "options": [spice, sides]}
    meal = (await owner.must("POST", "/meals/", dish))["id"]
    await client.sees(f"/meals/{meal}")
    shown = (await client.must("GET", f"/meals/{meal}"))["options"]
    assert (shown[1]["price"], shown[1]["prices"]) == (15, {"cacık": 42.5})
    line = {"meal_id": meal, "quantity": 2, "options": [{"name": "Acı", "choice": "orta"}]}
    status, problem = await client.call("POST", "/carts/add", line)
    assert (status, [each["field"] for each in problem["errors"]]) == (422, ["options[0].choice"])
    chosen = [{"name": "Acı", "choice": "az"}, {"name": "Yanında", "choice": "cacık"}]
    priced = [chosen[0] | {"price": 0}, chosen[1] | {"price": 42.5}]
    added = await client.must("POST", "/carts/add", line | {"options": chosen})
    assert (added["price"], added["options"]) == (288, priced)
    await owner.must("PUT", f"/meals/{meal}", {"price": 250})

    async def told() -> bool:
        (item,) = await client.must("GET", "/carts/get")
        return [(each["code"], each["was"], each["is"]) for each in item["notices"]] == [("price_changed", 288, 292.5)]

    await until("the notice of the new price", told)
    summary = await client.must("GET", "/carts/summary")
    assert (summary["subtotal"], summary["delivery_fee"], summary["total"]) == (585, 20, 605)
    order = await client.must("POST", "/carts/checkout", CASH | {"expected_total": summary["total"]})
    (item,) = order["items"]
    assert (item["price"], item["total"], item["options"]) == (292.5, 585, priced)
    assert [(each["was"], each["is"]) for each in order["changes"]] == [(288, 292.5)]


async def test_a_cancelled_order_gives_its_coupon_back(
    menu: tuple[str, str], owner: Client, client: Client, other: Client
):
    await other.sign_up()
    restaurant, meal = menu
    code = f"BACK-{restaurant[:8]}".upper()
    await coupon(owner, restaurant, code, total_limit=1, per_user_limit=1)
    await client.sees(f"/discounts/{code}/check")
    asked = CASH | {"coupon_code": code, "items": [{"meal_id": meal, "quantity": 1}]}
    order = await client.must("POST", "/carts/checkout", asked)
    assert (await other.call("POST", f"/orders/{order['id']}/cancel", {"reason": ""}))[0] == 404
    assert (await owner.call("GET", f"/orders/{order['id']}/timeline"))[0] == 404
    cancelled = await client.must("POST", f"/orders/{order['id']}/cancel", {"reason": "Yanlış adres"})
    assert cancelled["status"] == "cancelled"
    assert (await client.must("GET", f"/orders/{order['id']}"))["status"] == "cancelled"
    moments = await client.must("GET", f"/orders/{order['id']}/timeline")
    assert [(each["status"], each["reason"]) for each in moments] == [("placed", None), ("cancelled", "Yanlış adres")]

    async def usable() -> bool:
        return (await client.call("GET", f"/discounts/{code}/check"))[0] == 200

    await until("the coupon to be released", usable)
    again = await client.must("POST", "/carts/checkout", asked, **{"Idempotency-Key": "again"})
    assert (again["discount"], again["status"]) == (10, "placed")


async def test_an_order_is_put_into_the_basket_again(menu: tuple[str, str], owner: Client, client: Client):
    _, meal = menu
    items = [{"meal_id": meal, "quantity": 2, "note": "az acılı"}]
    order = await client.must("POST", "/carts/checkout", CASH | {"items": items})
    assert (await owner.call("POST", f"/orders/{order['id']}/reorder"))[0] == 404
    again = await client.must("POST", f"/orders/{order['id']}/reorder")
    assert again["unavailable"] == []
    lines = await client.must("GET", "/carts/get")
    assert [(each["meal_id"], each["quantity"], each["note"]) for each in lines] == [(meal, 2, "az acılı")]
