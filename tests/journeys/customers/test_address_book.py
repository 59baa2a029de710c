"""A user keeps addresses, favourites and wishes about mails: what was written is there in the next read."""

import uuid
from typing import Any
from urllib.parse import quote

import pytest_asyncio

from tests.deadline import until
from tests.journeys.client import Client

HOME = {"title": "Ev", "address": "Moda Caddesi 12", "city": "İstanbul", "district": "Kadıköy",
        "full_address": "Moda Caddesi 12, 34710 Kadıköy/İstanbul", "zip_code": "34710", "floor": "3",
        "latitude": 40.98, "longitude": 29.02, "is_default": False}  # fmt: skip
WORK = {"title": "İş", "address": "Büyükdere Caddesi 1", "city": "İstanbul", "district": "Şişli", "is_default": True}
PREFERENCES = "/users/me/notification-preferences"


@pytest_asyncio.fixture(loop_scope="session")
async def somebody(client: Client) -> Client:
    """Logged in, without a profile: none of this needs one."""
    await client.sign_up()
    return client


async def book(client: Client) -> list[tuple[str, bool]]:
    addresses = await client.must("GET", "/addresses/")
    assert await client.must("GET", "/addresses") == addresses
    return [(each["title"], each["is_default"]) for each in addresses]


async def test_an_address_book_is_kept_with_one_default(somebody: Client):
    assert await book(somebody) == []
    home = await somebody.must("POST", "/addresses/", HOME)
    assert home["is_default"], "the first one is the default whatever was said"
    assert (home["entity_type"], home["entity_id"]) == ("user", home["user_id"])
    assert (home["floor"], home["apartment"], home["door_number"]) == ("3", None, None)
    work = await somebody.must("POST", "/addresses", WORK)
    assert await book(somebody) == [("Ev", False), ("İş", True)]
    assert await somebody.must("GET", f"/addresses/{work['id']}") == work

    whole = await somebody.must("GET", f"/addresses/{home['id']}")
    edited = await somebody.must("PUT", f"/addresses/{home['id']}", {**whole, "title": "Yeni ev", "is_default": True})
    assert await book(somebody) == [("Yeni ev", True), ("İş", False)]
    unlike = {name for name in whole if whole[name] != edited[name]}
    assert unlike == {"title", "is_default", "updated_at"}
    assert await somebody.must("PUT", f"/addresses/{home['id']}", edited) == edited, "once more changes nothing"

    await somebody.must("DELETE", f"/addresses/{home['id']}")
    assert await book(somebody) == [("İş", True)]
    for method in ("GET", "DELETE"):
        assert (await somebody.call(method, f"/addresses/{home['id']}"))[0] == 404
    await somebody.must("DELETE", f"/addresses/{work['id']}")
    assert await book(somebody) == []


async def test_addresses_of_others_are_not_there(somebody: Client, owner: Client):
    me = await somebody.must("POST", "/addresses/", HOME)
    await owner.sign_up()
    for method, body in (("GET", None), ("PUT", HOME), ("DELETE", None)):
        assert (await owner.call(method, f"/addresses/{me['id']}", body))[0] == 404
    assert (await owner.call("PUT", f"/addresses/{me['id']}", me))[0] == 404
    assert (await owner.call("GET", f"/addresses/?user_id={me['user_id']}"))[0] == 404
    assert await somebody.must("GET", f"/addresses/?user_id={me['user_id']}") == [me]


async def test_half_a_place_is_refused_with_the_half_that_is_missing(somebody: Client):
    status, answer = await somebody.call("POST", "/addresses/", {**HOME, "longitude": None})
    assert (status, [each["field"] for each in answer["errors"]]) == (422, ["longitude"])


async def test_favourites_are_listed_in_the_order_in_which_they_were_added(somebody: Client):
    assert await somebody.must("GET", "/favorites") == {"restaurants": [], "cuisines": []}
    restaurants = (await somebody.must("GET", "/restaurants"))[:3]
    added = [await _favour(somebody, each["id"]) for each in reversed(restaurants)]
    assert [each["name"] for each in added] == [each["name"] for each in reversed(restaurants)]
    assert await _favour(somebody, restaurants[0]["id"]) == added[2], "once more changes nothing"
    for cuisine in ("Ege mutfağı", "IZGARA", "ege mutfagi", "çiğ köfte"):
        await somebody.must("POST", "/favorites/cuisine", {"cuisine": cuisine})
    found = await somebody.must("GET", "/favorites")
    assert found["restaurants"] == added
    assert [each["cuisine"] for each in found["cuisines"]] == ["Ege mutfağı", "IZGARA", "çiğ köfte"]

    await somebody.must("DELETE", f"/favorites/restaurant/{restaurants[1]['id']}")
    await somebody.must("DELETE", f"/favorites/cuisine/{quote('ÇİĞ KÖFTE')}")
    found = await somebody.must("GET", "/favorites")
    assert found["restaurants"] == [added[0], added[2]]
    assert [each["cuisine"] for each in found["cuisines"]] == ["Ege mutfağı", "IZGARA"]
    for gone in (f"restaurant/{restaurants[1]['id']}", f"cuisine/{quote('çiğ köfte')}"):
        assert (await somebody.call("DELETE", f"/favorites/{gone}"))[0] == 404


async def _favour(client: Client, restaurant: str) -> Any:
    return await client.must("POST", "/favorites/restaurant", {"restaurant_id": restaurant})


async def test_a_restaurant_that_does_not_exist_is_no_favourite(somebody: Client):
    status, answer = await somebody.call("POST", "/favorites/restaurant", {"restaurant_id": str(uuid.uuid4())})
    assert (status, answer["code"]) == (404, "not_found")


async def test_a_favourite_is_shown_as_its_restaurant_is_now(somebody: Client, owner: Client):
    await owner.sign_up()
    restaurant, _ = await owner.open_restaurant(100)
    await _favour(owner, restaurant)
    await somebody.sees(f"/restaurants/{restaurant}")
    await _favour(somebody, restaurant)
    await owner.must("PUT", f"/restaurants/{restaurant}", {"name": "Yeni ad", "status": "closed", "cuisines": ["pide"]})

    async def shown() -> bool:
        (found,) = (await somebody.must("GET", "/favorites"))["restaurants"]
        return (found["name"], found["status"], found["cuisines"]) == ("Yeni ad", "closed", ["pide"])

    await until("the favourite to be shown as it is now", shown)


async def test_a_user_says_which_mails_they_want(somebody: Client):
    everything = {
        "campaigns": True, "order_updates": True, "email": True, "restaurant_orders": True, "language": "tr",
    }  # fmt: skip
    assert await somebody.must("GET", PREFERENCES) == everything
    assert await somebody.must("PUT", PREFERENCES, {"campaigns": False}) == {**everything, "campaigns": False}
    assert await somebody.must("PUT", PREFERENCES, {"email": False}) == {
        **everything,
        "campaigns": False,
        "email": False,
    }
    assert await somebody.must("GET", PREFERENCES) == {**everything, "campaigns": False, "email": False}
    assert (await somebody.call("GET", "/users/me"))[0] == 404, "none of this is a profile"
