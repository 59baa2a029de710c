"""An owner starts a campaign; who favours the restaurant and wants such mails gets one, nobody else does."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio

from agents.restaurant.followers import page
from tests.deadline import until
from tests.journeys.client import Client
from tests.journeys.conftest import Product

TITLE = "Yarım fiyat"


@pytest_asyncio.fixture(loop_scope="session")
async def guests(product: Product) -> AsyncGenerator[list[Client]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Client(product.endpoints)) for _ in range(3)]


async def favour(guest: Client, restaurant: str) -> str:
    """The guest's id."""
    user = await guest.sign_up()
    await guest.sees(f"/restaurants/{restaurant}")
    await guest.must("POST", "/favorites/restaurant", {"restaurant_id": restaurant})
    return user


async def heard(client: Client, restaurant: str, user: str, type: str) -> None:
    """The restaurant has noted this of the user: what happens next comes after it."""

    def found(record: Any) -> bool:
        named = dict(record.headers)
        same = record.key == page(restaurant, user).encode() and user.encode() in record.value
        return same and named.get("ce_type") == type.encode()

    await client.read_until("restaurant_events", found)


def campaign(restaurant: str, **more: Any) -> dict[str, Any]:
    today = datetime.now(UTC).date()
    return {"restaurant_id": restaurant, "title": TITLE, "description": "Bütün kebaplarda",
            "start_date": str(today - timedelta(days=1)), "end_date": str(today + timedelta(days=2)), **more}  # fmt: skip


async def of_campaigns(guest: Client) -> list[str]:
    return [mail["subject"] for mail in await guest.mails() if TITLE in mail["subject"]]


async def test_a_campaign_is_told_to_those_who_favour_the_restaurant_and_want_to_hear(
    owner: Client, guests: list[Client]
):
    await owner.sign_up()
    hours = {"fri": "22:00-02:00", "mon": "11:30-14:00,18:30-21:00"}
    opening = {"name": "Mahmut", "opening_hours": hours}
    restaurant = (await owner.must("POST", "/restaurants", opening))["id"]
    follower, without_mails, gone = guests
    told = await favour(follower, restaurant)
    silent = await favour(without_mails, restaurant)
    left = await favour(gone, restaurant)
    await without_mails.must("PUT", "/users/me/notification-preferences", {"campaigns": False})
    await gone.must("DELETE", f"/favorites/restaurant/{restaurant}")
    await heard(owner, restaurant, told, "FollowerAdded")
    await heard(owner, restaurant, silent, "FollowerRemoved")
    await heard(owner, restaurant, left, "FollowerRemoved")

    assert (await follower.call("POST", "/campaigns", campaign(restaurant)))[0] == 404, (
        "a stranger has no such restaurant"
    )
    started = await owner.must("POST", "/campaigns", campaign(restaurant))
    again = await owner.must("POST", "/campaigns", campaign(restaurant))
    assert again == started, "the same said twice is one campaign"
    assert await owner.must("GET", f"/campaigns?restaurant_id={restaurant}") == [started]

    mail = await follower.mail(TITLE)
    assert mail["subject"] == f"Mahmut: {TITLE}" and "Bütün kebaplarda" in mail["text"]

    async def listed() -> bool:
        return started in await follower.must("GET", "/campaigns")

    await until("the campaign to be listed", listed)

    # a later campaign's mail is behind anything that the first one could still lead to
    await owner.must("POST", "/campaigns", campaign(restaurant, title="Sentinel"))
    await follower.mail("Sentinel")
    assert await of_campaigns(follower) == [f"Mahmut: {TITLE}"]
    assert await of_campaigns(without_mails) == [] and await of_campaigns(gone) == []


async def test_a_campaign_that_begins_later_is_told_at_its_start(owner: Client, guests: list[Client]):
    await owner.sign_up()
    restaurant = (await owner.must("POST", "/restaurants", {"name": "Mahmut"}))["id"]
    follower = guests[0]
    await heard(owner, restaurant, await favour(follower, restaurant), "FollowerAdded")

    begins = datetime.now(UTC) + timedelta(seconds=3)
    later = await owner.must("POST", "/campaigns", campaign(restaurant, start_date=begins.isoformat()))
    # a mail of one that has begun is behind anything that the first one could lead to at once
    await owner.must("POST", "/campaigns", campaign(restaurant, title="Sentinel"))
    await follower.mail("Sentinel")
    assert await of_campaigns(follower) == [] or datetime.now(UTC) >= begins

    await follower.mail(TITLE)
    assert datetime.now(UTC) >= begins
    assert await of_campaigns(follower) == [f"Mahmut: {TITLE}"]
    assert later in await owner.must("GET", f"/campaigns?restaurant_id={restaurant}")


async def test_a_campaign_that_cannot_be_is_refused_by_its_field(owner: Client):
    await owner.sign_up()
    restaurant = (await owner.must("POST", "/restaurants", {"name": "Mahmut"}))["id"]
    status, answer = await owner.call("POST", "/campaigns", campaign(restaurant, end_date="2026-01-01"))
    assert (status, answer["errors"][0]["field"]) == (422, "end_date")
    assert await owner.must("GET", f"/campaigns?restaurant_id={restaurant}") == []


async def test_opening_hours_that_overlap_are_refused_and_the_others_decide_what_is_open_now(owner: Client):
    await owner.sign_up()
    status, answer = await owner.call(
        "POST", "/restaurants", {"name": "a", "opening_hours": {"fri": "22:00-02:00", "sat": "01:00-05:00"}}
    )
    assert (status, answer["errors"][0]["field"]) == (422, "opening_hours.sat")
    always = await owner.must("POST", "/restaurants", {"name": "a", "phone_number": "(0532) 111 22 33"})
    assert (always["open_now"], always["phone_number"]) == (True, "+905321112233")
    assert await owner.must("GET", f"/restaurants/{always['id']}") == always
    closed = await owner.must("PUT", f"/restaurants/{always['id']}", {"status": "closed", "phone_number": None})
    assert (closed["open_now"], closed["phone_number"]) == (False, None)
    got = await owner.must("GET", f"/restaurants/{always['id']}")
    assert got == closed
    assert await owner.must("PUT", f"/restaurants/{always['id']}", got) == closed, "put back whole, nothing changes"
