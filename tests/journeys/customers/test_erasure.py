"""A user wants to be forgotten: what is found of them afterwards, and what the next owner of the address finds."""

import re
import uuid
from collections.abc import Collection
from typing import Any

from redis.asyncio import Redis

from tests.deadline import until
from tests.journeys import traces
from tests.journeys.client import PASSWORD, Client
from tests.journeys.customers.test_accounts import log_in, mailed_token, refused, register
from tests.journeys.restaurants.test_campaigns import campaign, heard, of_campaigns
from topics.messages.ids import derive
from topics.values.tokens import read

PROFILE = {"full_name": "Zerrin Unutulan", "born_date": "1987-03-14", "gender": "female", "phone": "+905329876543"}
STREET, NOTE, DOOR, REASON = "Gizlisokak 77", "kapıcıya bırakın", "zile basmayın", "misafirim gelmedi"
PERSONAL = (PROFILE["full_name"], PROFILE["phone"], STREET, NOTE, DOOR, REASON, "Unutulmuş mutfak")

OUTCOMES = {
    f"{domain}.inbox"
    for domain in ("auth", "user", "address", "basket", "order", "restaurant", "notification", "courier")
}
"""Answers to the user's requests, for repeats of them: forgotten after seven days, in Redis (`reply:`) after one."""


async def _lives(client: Client, restaurant: str, meal: str) -> None:
    """Leaves something personal in every domain."""
    await client.must("POST", "/users/register/complete", PROFILE)
    await client.must("PUT", "/users/me/notification-preferences", {"order_updates": False})
    await client.must("POST", "/couriers", {"name": PROFILE["full_name"]})
    await client.must("POST", "/favorites/restaurant", {"restaurant_id": restaurant})
    await client.must("POST", "/favorites/cuisine", {"cuisine": "Unutulmuş mutfak"})
    await client.add_address(address=STREET)
    orders: list[Any] = []
    for _ in range(3):
        await client.must(
            "POST", "/carts/add", {"meal_id": meal, "restaurant_id": restaurant, "quantity": 1, "note": NOTE}
        )
        orders.append(await client.must("POST", "/carts/checkout", {"payment_method": "cash", "note": DOOR}))
    await client.must("POST", f"/orders/{orders[1]['id']}/cancel", {"reason": REASON})
    await client.must("POST", "/carts/add", {"meal_id": meal, "restaurant_id": restaurant, "quantity": 1, "note": NOTE})
    assert len(await client.must("GET", "/orders")) == 3


async def _found(client: Client, texts: Collection[str]) -> set[str]:
    """Tables, kinds of documents, what is in the baskets' Redis, and keys of the views' Redis without what names them."""
    tables = await traces.in_postgres(client.endpoints["postgres"], texts)
    tables |= await traces.in_mongo(client.endpoints["mongo"], texts)
    baskets = await traces.in_redis(client.endpoints["redis_baskets"], texts)
    tables |= {re.sub(r"^\{(\w+)\}:", r"\1.", name) for name in baskets}
    keys = await traces.in_redis(client.endpoints["redis"], texts)
    return tables | {re.sub(r"[0-9a-f-]{32,}.*", "*", name) for name in keys}


async def _settled(client: Client, texts: Collection[str], but: Collection[str]) -> None:
    left: set[str] = set()

    async def gone() -> bool:
        left.clear()
        left.update(await _found(client, texts) - set(but))
        return not left

    try:
        await until("nothing of the user to be found", gone)
    except AssertionError as error:
        raise AssertionError(f"{error}, found in {sorted(left)}") from None


async def test_who_is_erased_is_found_nowhere_and_the_address_begins_anew(client: Client, owner: Client):
    owners = await owner.sign_up()
    restaurant, meal = await owner.open_restaurant(90)
    user = await client.sign_up()
    await client.sees(f"/restaurants/{restaurant}")
    await _lives(client, restaurant, meal)
    await heard(client, restaurant, user, "FollowerAdded")
    other_session = (await log_in(client, PASSWORD))[1]
    await client.must("POST", "/auth/forgot-password", {"email": client.address})
    reset = await mailed_token(client, "reset_password")
    personal = (client.address, *PERSONAL)
    aggregates = {f"{domain}.aggregate" for domain in ("auth", "user", "address", "order", "notification", "courier")}
    wanted = {*aggregates, "basket.state", "auth.claim", "order.fact", "view:user@1:*", "view:order@1:*"}

    async def everywhere() -> bool:
        return wanted <= await _found(client, personal)

    await until("it to be found everywhere", everywhere, pause=0.2)

    assert await client.call("DELETE", "/users/me") == (204, None)

    for token in (client.token, other_session["access_token"]):
        client.token = token
        assert await refused(client, "GET", "/users/me", None) == (401, "token_revoked")
        assert await refused(client, "DELETE", "/users/me", None) == (401, "token_revoked")
    client.token = None
    again = {"refresh_token": other_session["refresh_token"]}
    assert await refused(client, "POST", "/auth/refresh", again) == (400, "invalid_refresh_token")
    assert (await log_in(client, PASSWORD))[1]["code"] == "invalid_credentials"
    used = {"token": reset, "password": "another horse 1"}
    assert await refused(client, "POST", "/auth/reset-password", used) == (400, "invalid_token")
    await _settled(client, personal, OUTCOMES | {"reply:*"})
    await heard(client, restaurant, user, "FollowerRemoved")
    replies = [name for name in await traces.in_redis(client.endpoints["redis"], personal) if name.startswith("reply:")]
    store = Redis.from_url(client.endpoints["redis"])
    left = [await store.ttl(name) for name in replies]
    assert all(each != -1 and each <= 24 * 3600 for each in left), "none stays; -2: its time is over by now"
    assert not await store.exists(f"index:order@1:orders:{user}")

    await _begins_anew(client, user)
    await _hears_of_no_campaign(client, owner, owners, restaurant)
    await store.flushall()
    await store.aclose()
    await _is_built_again(client, personal)


async def _begins_anew(client: Client, erased: str) -> None:
    """client: without a token."""
    await register(client)
    link = await mailed_token(client, "verify_email", 2)
    assert read(link)[0] != erased, "another account"
    client.token = (await client.must("POST", "/auth/verify-email", {"token": link}))["access_token"]
    assert await refused(client, "GET", "/users/me", None) == (404, "not_found")
    for path in ("/addresses/", "/carts/get", "/orders"):
        assert await client.must("GET", path) == []
    assert await client.must("GET", "/favorites") == {"restaurants": [], "cuisines": []}
    wants = {"campaigns": True, "order_updates": True, "email": True, "restaurant_orders": True, "language": "tr"}
    assert await client.must("GET", "/users/me/notification-preferences") == wants
    await client.must(
        "POST", "/users/register/complete", PROFILE | {"full_name": "Yeni Biri", "phone": "+905321112233"}
    )
    assert (await client.must("GET", "/users/me"))["full_name"] == "Yeni Biri"


async def _hears_of_no_campaign(client: Client, owner: Client, owners: str, restaurant: str) -> None:
    """owners: id of the owner, who follows the restaurant and so tells when its campaign is out."""
    await owner.must("POST", "/favorites/restaurant", {"restaurant_id": restaurant})
    await heard(owner, restaurant, owners, "FollowerAdded")
    await owner.must("POST", "/campaigns", campaign(restaurant))
    await until("the campaign to be mailed", lambda: of_campaigns(owner))
    assert await of_campaigns(client) == []


async def _is_built_again(client: Client, personal: Collection[str]) -> None:
    """Views that are built from the log anew end where they ended. client: of the next owner of the address."""

    async def there() -> bool:
        paths = (
            "/health/ready", "/users/me", "/orders", "/carts/get", "/addresses/", "/auth/sessions", "/users/me/export",
        )  # fmt: skip
        return all([(await client.call("GET", path))[0] == 200 for path in paths])

    await until("the views to be built again", there)
    assert (await client.must("GET", "/users/me"))["full_name"] == "Yeni Biri"
    await _settled(client, set(personal) - {client.address}, OUTCOMES)
    assert (await log_in(client, PASSWORD))[0] == 200, "the address leads to its new account"


async def test_an_account_without_a_profile_is_erased_too_and_as_often_as_one_likes(client: Client):
    users: set[str] = set()
    for time in range(1, 4):
        await register(client)
        link = await mailed_token(client, "verify_email", time)
        users.add(read(link)[0])
        client.token = (await client.must("POST", "/auth/verify-email", {"token": link}))["access_token"]
        assert (await client.call("DELETE", "/users/me"))[0] == 204
        client.token = None
    assert len(users) == 3
    await _settled(client, [client.address], OUTCOMES | {"reply:*"})
    assert (await log_in(client, PASSWORD))[1]["code"] == "invalid_credentials"


async def _decided(client: Client, topic: str, body: str, *domains: str) -> None:
    """Publishes as another system does, and waits until each of these domains has decided what it made of it."""
    id = uuid.uuid4().hex
    await client.publish(topic, body.encode(), headers=[("ce_id", id.encode()), ("ce_source", b"tests")])
    for domain in domains:
        command = derive(derive("tests", id), f"{domain}_commands")
        await until(
            f"{domain} to decide on a {topic}",
            lambda: traces.is_decided(client.endpoints["postgres"], domain, command),  # noqa: B023
        )


async def test_an_account_that_another_system_tells_again_does_not_come_back(client: Client):
    user = await client.sign_up()
    assert (await client.call("DELETE", "/users/me"))[0] == 204
    await _settled(client, [client.address], OUTCOMES)
    news = f'{{"type":"discount","to":"{user}","variables":{{"title":"Late","description":"News"}}}}'
    await _decided(client, "user_created", f'{{"id":"{user}","email":"{client.address}"}}', "user", "notification")
    await _decided(client, "notification", news, "notification")
    await _settled(client, [client.address], OUTCOMES)
    assert not [mail for mail in await client.mails() if "Late" in mail["subject"]]
    await _decided(client, "email_event", news.replace(user, client.address), "notification")
    assert "Late" in (await client.mail("Late"))["subject"], "to the address, which may have a new user"
    await _settled(client, [client.address], OUTCOMES)
