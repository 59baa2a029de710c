"""An order travels through every layer."""

import asyncio
import re
import subprocess
import uuid

from redis.asyncio import Redis

from infra.layout.folders import CHECKOUT
from tests.deadline import until
from tests.journeys.client import Client
from tests.journeys.conftest import Product
from topics.values.tokens import read

PROFILE = {"full_name": "Ayşe Yılmaz", "born_date": "1990-05-01", "gender": "female", "phone": "+905551112233"}


async def test_the_walk_that_up_prints_leads_to_a_confirmation_mail(product: Product):
    walk = product.said.split("a first walk, command by command:", 1)[1]
    assert f"EDGE={product.endpoints['edge_itself']};" in walk
    walk = walk.replace(product.endpoints["edge_itself"], product.endpoints["edge"])
    done = await asyncio.to_thread(
        subprocess.run,
        ["bash", "-euo", "pipefail", "-c", walk],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"status":"placed"' in done.stdout
    assert done.stdout.count('"coupon_code":"LEZZET10"') == 4, "in the preview, in the order, and in its state"
    assert done.stdout.rstrip().endswith("}") and '"code":"token_revoked"' in done.stdout, "the reset ends the session"
    assert "Your order" in done.stdout
    assert "OrderPlaced" in done.stdout, "the trace of the order"
    assert "the restaurant has not answered; the order expires at" in done.stdout, "why the order goes no further"
    assert "complete: versions 1 to" in done.stdout, "the states of the order"


async def test_a_guest_registers_browses_orders_and_gets_one_confirmation(client: Client):
    user = await client.sign_up()
    assert (await client.call("GET", "/users/me"))[0] == 404, "a user without a profile is not found"
    await client.must("POST", "/users/register/complete", PROFILE)
    me = await client.must("GET", "/users/me")
    assert (me["id"], me["full_name"], me["email"]) == (user, PROFILE["full_name"], client.address)

    restaurants = await client.must("GET", "/restaurants")
    assert len(restaurants) >= 3
    menu = await client.must("GET", f"/meals/restaurant/{restaurants[0]['id']}")
    for meal in menu[:2]:
        await client.must(
            "POST", "/carts/add", {"restaurant_id": restaurants[0]["id"], "meal_id": meal["id"], "quantity": 2}
        )
    await client.must("PATCH", f"/carts/update/{menu[0]['id']}", {"quantity": 3})
    lines = await client.must("GET", "/carts/get")
    assert {line["meal_id"]: line["quantity"] for line in lines} == {menu[0]["id"]: 3, menu[1]["id"]: 2}

    await client.add_address()
    order = await client.must("POST", "/carts/checkout", {"payment_method": "cash"})
    due = 3 * menu[0]["price"] + 2 * menu[1]["price"]
    assert order["subtotal"] == round(due, 2)
    assert order["total"] == round(due + order["delivery_fee"] - order["discount"], 2)
    assert await client.must("GET", "/carts/get") == []
    assert [o["id"] for o in await client.must("GET", "/orders")] == [order["id"]]
    assert (await client.must("GET", f"/orders/{order['id']}"))["total"] == order["total"]
    mail = await client.mail("Siparişiniz alındı")
    assert order["id"] in mail["text"]


async def test_whoever_writes_and_then_reads_sees_the_write(client: Client):
    await client.sign_up()
    restaurant = (await client.must("GET", "/restaurants"))[0]["id"]
    meal = (await client.must("GET", f"/meals/restaurant/{restaurant}"))[0]["id"]
    for quantity in range(1, 21):
        await client.must("POST", "/carts/add", {"restaurant_id": restaurant, "meal_id": meal, "quantity": quantity})
        lines = await client.must("GET", "/carts/get")
        assert [line["quantity"] for line in lines] == [quantity]


async def test_a_checkout_sent_twice_with_one_idempotency_key_is_one_order(client: Client):
    await client.sign_up()
    restaurant = (await client.must("GET", "/restaurants"))[1]["id"]
    meal = (await client.must("GET", f"/meals/restaurant/{restaurant}"))[0]["id"]
    await client.must("POST", "/carts/add", {"restaurant_id": restaurant, "meal_id": meal, "quantity": 1})
    await client.add_address()
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first, second = await asyncio.gather(
        *(client.must("POST", "/carts/checkout", {"payment_method": "cash"}, **key) for _ in range(2))
    )
    assert first["id"] == second["id"]
    assert len(await client.must("GET", "/orders")) == 1
    await _lose_reply(client, first["id"])
    assert (await client.must("POST", "/carts/checkout", {"payment_method": "cash"}, **key))["id"] == first["id"]
    assert len(await client.must("GET", "/orders")) == 1
    assert (await client.call("POST", "/carts/checkout", {"payment_method": "pos"}, **key))[0] == 422


async def _lose_reply(client: Client, order: str) -> None:
    """As a Redis without its last second, or after the minutes that replies are kept."""
    redis = Redis.from_url(client.endpoints["redis"])
    # a scan may give a key twice
    lost = {key async for key in redis.scan_iter("reply:*") if order.encode() in (await redis.get(key) or b"")}
    assert len(lost) == 1
    await redis.delete(*lost)
    await redis.aclose()


async def test_what_has_just_been_written_or_seen_is_known_to_the_next_command(client: Client, owner: Client):
    """Each domain decides by its own copy of others' facts, which comes after the answer."""
    await owner.sign_up()
    await client.sign_up()
    for price in range(10, 20):
        restaurant, meal = await owner.open_restaurant(price)
        line = {"restaurant_id": restaurant, "meal_id": meal, "quantity": 1}
        await owner.must("POST", "/carts/add", line)
        await owner.must("POST", "/carts/checkout", {"payment_method": "cash", "pickup": True})
        await client.sees(f"/meals/{meal}")
        await client.must("POST", "/carts/add", line)
        await client.must("DELETE", "/carts/clear")


async def test_the_basket_shows_what_the_menu_asks_now_and_the_checkout_charges_it(client: Client, owner: Client):
    await owner.sign_up()
    await client.sign_up()
    restaurant, meal = await owner.open_restaurant(100)
    await client.sees(f"/meals/{meal}")
    await client.must("POST", "/carts/add", {"restaurant_id": restaurant, "meal_id": meal, "quantity": 2})
    await owner.must("PUT", f"/meals/{meal}", {"price": 130})

    async def shown() -> bool:
        return (await client.must("GET", "/carts/get"))[0]["price"] == 130

    await until("the basket to show the new price", shown)
    await client.add_address()
    order = await client.must("POST", "/carts/checkout", {"payment_method": "cash"})
    assert order["subtotal"] == 260
    assert order["changes"] == [{"meal_id": meal, "name": "Lahmacun", "was": 100, "is": 130}]


async def test_items_of_another_restaurant_are_refused(client: Client):
    await client.sign_up()
    one, other = (await client.must("GET", "/restaurants"))[:2]
    for restaurant in (one, other):
        meal = (await client.must("GET", f"/meals/restaurant/{restaurant['id']}"))[0]["id"]
        status, answer = await client.call(
            "POST", "/carts/add", {"restaurant_id": restaurant["id"], "meal_id": meal, "quantity": 1}
        )
    assert status == 409
    assert "different restaurant" in answer["detail"]


async def test_a_token_is_worth_nothing_after_logout(client: Client):
    await client.sign_up()
    await client.must("POST", "/auth/logout", {})
    assert (await client.call("GET", "/carts/get"))[0] == 401


async def test_an_address_is_registered_once(client: Client):
    """Three at once meet at one account; which mail's link is good: tests/journeys/customers/test_accounts.py."""
    body = {"email": client.address, "password": "correct horse 1"}
    answers = await asyncio.gather(*(client.call("POST", "/auth/register", body) for _ in range(3)))
    assert [status for status, _ in answers] == [201] * 3

    async def links() -> list[str]:
        found = re.findall(r"token=(\S+)", " ".join(mail["text"] for mail in await client.mails()))
        return found if len(found) == 3 else []

    accounts = {read(link)[0] for link in await until("a mail for each of the three", links)}
    assert len(accounts) == 1


async def test_status_names_every_process(product: Product):
    status = await product.status()
    assert {"kafka", "postgres", "redis", "mailbox", "agents-1", "edge-1"} <= {
        str(p["name"]) for p in status["processes"]
    }

    async def well() -> bool:
        found = (await product.status())["processes"]
        running = all(p["state"] == "running" and p["pid"] and "lacks" not in p for p in found)
        return running and all(p["lag"] == 0 for p in found if str(p["name"]).startswith("agents"))

    await until("all to run and to lack nothing, and the agents to have no lag", well)
