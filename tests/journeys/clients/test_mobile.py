"""A phone's walk through the mobile gateway, and the one of docs/mobile.md by curl."""

from pathlib import Path
from typing import Any

from infra.layout.folders import CHECKOUT
from tests.deadline import until
from tests.journeys.by_curl import walk
from tests.journeys.client import Client

PROFILE = {"full_name": "Ayşe Yılmaz", "born_date": "1990-05-01", "gender": "female", "phone": "+905551112233"}
PAGE = CHECKOUT / "docs" / "mobile.md"
MODA = {"latitude": 40.984, "longitude": 29.026}
ENGLISH = {"Accept-Language": "en"}


async def whole_home(client: Client) -> Any:
    """With all its blocks: one that takes too long is left out."""

    async def whole() -> Any:
        said = await client.must("GET", "/m/home", **ENGLISH)
        return said if said["missing"] == [] else None

    return await until("a home with all its blocks", whole)


async def is_nearby(client: Client, restaurant: str) -> None:
    """Others than the caller write the index of what is nearby."""

    async def shown() -> bool:
        found = (await client.must("GET", "/m/home?lat=40.984&lon=29.026")).get("restaurants", ())
        return ("0 m", restaurant) in [(each["distance_text"], each["id"]) for each in found]

    await until("the restaurant at the door to be nearby", shown)


async def test_a_phone_goes_from_its_home_to_an_order(owner: Client, client: Client):
    await owner.sign_up()
    where = {"address": {"city": "İstanbul", "district": "Kadıköy", **MODA}}
    restaurant, meal = await owner.open_restaurant(149.9, delivery_fee=14.9, **where)
    await client.sign_up()
    fresh = await whole_home(client)
    assert (fresh["profile"], fresh["address"], fresh["order"]) == (None, None, None)

    await client.must("POST", "/users/register/complete", PROFILE)
    address = await client.add_address(**MODA)
    await client.sees(f"/restaurants/{restaurant}")
    await client.must("POST", "/favorites/restaurant", {"restaurant_id": restaurant})
    home = await whole_home(client)
    assert (home["profile"]["full_name"], home["address"]["id"]) == (PROFILE["full_name"], address)
    assert [each["id"] for each in home["favourites"]["restaurants"]] == [restaurant]

    await is_nearby(client, restaurant)
    assert restaurant in [each["id"] for each in (await whole_home(client))["restaurants"]]

    async def listed() -> bool:
        return [each["id"] for each in (await client.must("GET", f"/m/restaurants/{restaurant}"))["menu"]] == [meal]

    await until("its menu to be shown", listed)

    basket = await client.must("POST", "/m/basket", {"meal_id": meal, "quantity": 2}, **ENGLISH)
    assert [line["total_text"] for line in basket["items"]] == ["299.80 TL"]
    assert (basket["sums"]["total"], basket["sums"]["total_text"]) == (314.7, "314.70 TL")
    assert await client.must("GET", "/m/basket", **ENGLISH) == basket
    assert (await whole_home(client))["basket"]["item_count"] == 2

    expected = {"payment_method": "cash", "expected_total": basket["sums"]["total"]}
    order = await client.must("POST", "/m/checkout", expected, **ENGLISH)
    assert (order["total_text"], order["status_text"]) == ("314.70 TL", "Your order is placed")
    shown = await client.must("GET", f"/m/orders/{order['id']}", **ENGLISH)
    paid_since = {name: shown[name] for name in ("payment_status", "payment_status_text")}
    assert shown == order | paid_since, "the payment goes on by itself"
    home = await whole_home(client)
    assert (home["order"]["id"], home["order"]["total_text"], home["basket"]["item_count"]) == (
        order["id"],
        "314.70 TL",
        0,
    )
    assert (await owner.call("GET", f"/m/orders/{order['id']}"))[0] == 404
    assert (await client.must("POST", "/m/basket", {"meal_id": meal, "quantity": 1}))["item_count"] == 1
    assert (await client.must("POST", "/m/basket", {"meal_id": meal, "quantity": 0}))["items"] == []


async def test_the_walk_of_the_page_about_phones(owner: Client, client: Client, tmp_path: Path):
    await owner.sign_up()
    restaurant, meal = await owner.open_restaurant(90, address={"city": "İstanbul", "district": "Kadıköy", **MODA})
    await client.sign_up()
    await client.sees(f"/meals/{meal}")
    await is_nearby(client, restaurant)
    at = client.endpoints
    out = await walk(PAGE, tmp_path, EDGE=at["edge"], PHONE=at["mobile"], ME=f"Authorization: Bearer {client.token}")
    for told in ("HTTP/1.1 304", "Content-Encoding: gzip", '"status_text":"Siparişin alındı"', '"missing":[]'):
        assert told in out, f"{told} is missing in {out[-3000:]}"
