"""What a restaurant says of itself, and what guests find of it: days off, breaks, where it delivers, its slots, reviews."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.deadline import until
from tests.journeys.by_curl import walk
from tests.journeys.client import Client

PAGE = Path(__file__).resolve().parents[3] / "docs" / "api" / "restaurants.md"
ISTANBUL = ZoneInfo("Europe/Istanbul")
CASH = {"payment_method": "cash"}
TAKSIM = {"latitude": 41.0369, "longitude": 28.985}
NEAR, FAR = {"latitude": 41.0422, "longitude": 29.0067}, {"latitude": 40.9903, "longitude": 29.0291}


async def refused(client: Client, code: str, **said: Any) -> dict[str, Any]:
    _, problem = await client.call("POST", "/carts/checkout", CASH | said)
    assert problem.get("code") == code, problem
    return problem


async def found_open(client: Client, name: str) -> bool:
    said = await client.must("GET", f"/restaurants/search?query={name}&open_now=true")
    return said["total"] == 1


async def test_days_off_and_breaks_close_a_restaurant_for_all_who_ask(owner: Client, client: Client):
    await owner.sign_up()
    await client.sign_up()
    await client.add_address()
    name = f"Kapalı{owner.address[6:14]}"
    restaurant, meal = await owner.open_restaurant(100, name=name)
    path = f"/restaurants/{restaurant}"
    await client.sees(f"/meals/{meal}")
    await client.must("POST", "/carts/add", {"meal_id": meal, "quantity": 1})
    assert await found_open(owner, name)

    today = datetime.now(ISTANBUL).date()
    off = [{"day": f"{today + timedelta(days=days)}", "reason": "Bayram"} for days in range(2)]  # should midnight come
    closed = await owner.must("PUT", path, {"days_off": off})
    assert (closed["open_now"], closed["days_off"]) == (False, off)
    assert not await found_open(owner, name)
    problem = await refused(client, "restaurant_closed")
    assert datetime.fromisoformat(problem["opens_at"]).date() == today + timedelta(days=2)
    await owner.must("PUT", path, {"days_off": []})

    paused = await owner.must("PUT", f"{path}/pause", {"minutes": 120, "reason": "Fırın arızalı"})
    assert (paused["open_now"], paused["status"]) == (False, "open")
    assert not await found_open(owner, name)
    problem = await refused(client, "restaurant_paused")
    assert datetime.fromisoformat(problem["until"]) == datetime.fromisoformat(paused["pause"]["until"])
    assert (await client.call("DELETE", f"{path}/pause"))[0] == 404, "it is not theirs"
    assert (await owner.must("DELETE", f"{path}/pause"))["pause"] is None
    assert await found_open(owner, name)

    assert (await owner.must("PUT", f"{path}/busy", {"minutes": 30, "prep_time": 70}))["prep_time"] == 70
    assert (await owner.must("GET", path))["prep_time"] == 70
    assert (await owner.must("DELETE", f"{path}/busy"))["prep_time"] == 30
    await client.must("POST", "/carts/checkout", CASH)


async def test_a_restaurant_delivers_where_it_says(owner: Client, client: Client):
    await owner.sign_up()
    area = {"radius_km": 2.5, "center": TAKSIM}
    _, meal = await owner.open_restaurant(100, delivery_area=area, pickup=False)
    await client.sign_up()
    far, nowhere = await client.add_address(**FAR), await client.add_address()
    near = await client.add_address(**NEAR)
    await client.sees(f"/meals/{meal}")
    await client.must("POST", "/carts/add", {"meal_id": meal, "quantity": 1})
    await refused(client, "outside_delivery_area", address_id=far)
    await refused(client, "address_not_on_map", address_id=nowhere)
    await refused(client, "no_pickup", pickup=True)
    assert (await client.must("POST", "/carts/checkout", CASH | {"address_id": near}))["status"] == "placed"
    corners = [{"latitude": lat, "longitude": lon} for lat, lon in ((41, 29), (41.1, 29.1), (41, 29.1), (41.1, 29))]
    status, problem = await owner.call("POST", "/restaurants", {"name": "a", "delivery_area": {"polygon": corners}})
    assert (status, problem["errors"][0]["field"]) == (422, "delivery_area.polygon")


async def test_the_last_place_in_a_slot_is_for_one_order_and_comes_back_when_it_is_cancelled(
    owner: Client, client: Client, other: Client
):
    await owner.sign_up()
    _, meal = await owner.open_restaurant(100, orders_per_slot=1)
    noon = datetime.combine(datetime.now(ISTANBUL).date() + timedelta(days=1), datetime.min.time()).replace(hour=12)
    for guest in (client, other):
        await guest.sign_up()
        await guest.add_address()
        await guest.sees(f"/meals/{meal}")
        await guest.must("POST", "/carts/add", {"meal_id": meal, "quantity": 1})
    wish = CASH | {"schedule_date": noon.isoformat()}
    answers = await asyncio.gather(*(guest.call("POST", "/carts/checkout", wish) for guest in (client, other)))
    assert sorted(status for status, _ in answers) == [200, 409], answers
    won = 0 if answers[0][0] == 200 else 1
    assert answers[1 - won][1]["code"] == "slot_full"
    winner, loser = (client, other)[won], (client, other)[1 - won]
    assert len(await loser.must("GET", "/carts/get")) == 1, "the lines are back at once"
    later = CASH | {"schedule_date": (noon + timedelta(minutes=15)).isoformat()}
    assert (await loser.must("POST", "/carts/checkout", later))["status"] == "placed"

    await winner.must("POST", f"/orders/{answers[won][1]['id']}/cancel", {"reason": ""})
    await loser.must("POST", "/carts/add", {"meal_id": meal, "quantity": 2})

    async def taken() -> bool:
        return (await loser.call("POST", "/carts/checkout", wish))[0] == 200

    await until("the place in the slot to come back", taken)


async def test_a_delivered_order_is_reviewed_once_and_counts_in_the_search(
    owner: Client, client: Client, other: Client
):
    await owner.sign_up()
    name = f"Yorum{owner.address[6:14]}"
    restaurant, meal = await owner.open_restaurant(100, name=name)
    path, ratings = f"/restaurants/{restaurant}", (5, 4)
    for guest, rating in zip((client, other), ratings, strict=True):
        await guest.sign_up()
        await guest.add_address()
        await guest.sees(f"/meals/{meal}")
        order = await guest.order(meal)
        review = {"order_id": order, "rating": rating, "comment": f"{rating} yıldız"}
        assert (await guest.call("POST", f"{path}/reviews", review))[0] == 404, "it is not delivered yet"
        assert (await guest.call("POST", f"/orders/{order}/deliver"))[0] == 404, "they own no restaurant"
        await owner.accepts(order, guest)
        assert (await owner.must("POST", f"/orders/{order}/deliver"))["status"] == "delivered"

        async def delivered(guest: Client = guest, order: str = order) -> bool:
            return (await guest.must("GET", f"/orders/{order}"))["status"] == "delivered"

        await until("the guest to see that it is delivered", delivered)
        assert (await owner.call("POST", f"{path}/reviews", review))[0] == 404, "it is not the owner's order"
        assert (await guest.must("POST", f"{path}/reviews", review))["rating"] == rating
        status, problem = await guest.call("POST", f"{path}/reviews", review | {"rating": 1})
        assert (status, problem["code"]) == (409, "already_reviewed")
        assert (await guest.call("POST", f"/orders/{order}/cancel", {"reason": ""}))[1]["code"] == "order_delivered"

    async def counted() -> bool:
        shown = await client.must("GET", path)
        return (shown["rating_avg"], shown["rating_count"]) == (4.5, 2)

    await until("both ratings to be counted", counted)
    for least, total in ((4.5, 1), (4.51, 0)):
        said = await client.must("GET", f"/restaurants/search?query={name}&min_rating={least}")
        assert said["total"] == total

    async def listed() -> list[tuple[int, str]]:
        """Of another view than the average, once it has both."""
        found = [(each["rating"], each["comment"]) for each in await client.must("GET", f"{path}/reviews")]
        return found if len(found) == len(ratings) else []

    assert await until("both reviews to be listed", listed) == [(4, "4 yıldız"), (5, "5 yıldız")]


async def test_the_walk_by_curl(owner: Client, client: Client, tmp_path: Path):
    """docs/api/restaurants.md, command by command."""
    await owner.sign_up()
    await client.sign_up()
    said = await walk(
        PAGE, tmp_path, EDGE=owner.endpoints["edge"], OWNER=f"Authorization: Bearer {owner.token}",
        GUEST=f"Authorization: Bearer {client.token}",
    )  # fmt: skip
    assert said.count("422\n") == 2 and '"opening_hours.sat"' in said and '"delivery_area.polygon"' in said
    assert said.count('"prep_time":60,"busy":{') == 4, "from busy to the end of it: four answers"
    assert said.count('"open_now":false') == 2, "while it takes a break"
    assert said.count('"rating":5,"comment":"Sıcak geldi"') == 2, "the answer to who gave it, and the list"
