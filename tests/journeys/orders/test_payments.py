"""Orders that are paid by card, with the sandbox provider and its test cards."""

import base64
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from stores.keyring import agent_keys
from tests.deadline import until
from tests.journeys.by_curl import walk
from tests.journeys.client import Client
from tests.journeys.conftest import Product

PAGE = Path(__file__).resolve().parents[3] / "docs" / "api" / "payments.md"
PRICE = 100.0


@pytest_asyncio.fixture(loop_scope="session")
async def meal(owner: Client, client: Client) -> str:
    """Of a restaurant of `owner`; `client` has an address."""
    await owner.sign_up()
    await client.sign_up()
    await client.add_address()
    _, made = await owner.open_restaurant(PRICE)
    await client.sees(f"/meals/{made}")
    return made


async def pay(client: Client, meal: str, card: str | None) -> str:
    """The order's id."""
    return await client.order(meal, 2, payment_method="credit_card", **({} if card is None else {"card": card}))


async def payment(client: Client, order: str, *statuses: str) -> Any:
    """Once it has one of these."""

    async def found() -> Any:
        status, said = await client.call("GET", f"/payments/{order}")
        return said if status == 200 and said["status"] in statuses else None

    return await until(f"the payment to be {' or '.join(statuses)}", found)


@pytest.mark.parametrize("card", [None, "tok_success", "tok_late", "tok_twice", "tok_out_of_order"])
async def test_a_good_card_is_charged_when_the_restaurant_accepts(
    meal: str, owner: Client, client: Client, card: str | None
):
    order = await pay(client, meal, card)
    assert (await payment(client, order, "authorized"))["captured"] == 0
    await owner.accepts(order, client)
    paid = await payment(client, order, "captured")
    assert paid["captured"] == paid["amount"] == 2 * PRICE


async def test_a_card_that_is_declined_leaves_nothing_charged(meal: str, client: Client):
    order = await pay(client, meal, "tok_insufficient_funds")
    said = await payment(client, order, "declined")
    assert (said["failure"]["code"], said["captured"]) == ("insufficient_funds", 0)


async def test_who_cancels_before_the_restaurant_accepts_is_not_charged(meal: str, client: Client):
    order = await pay(client, meal, "tok_success")
    await payment(client, order, "authorized")
    await client.must("POST", f"/orders/{order}/cancel", {"reason": "too late"})
    assert (await payment(client, order, "voided"))["captured"] == 0


async def test_a_provider_that_is_down_and_is_killed_charges_once_when_it_is_back(
    meal: str, product: Product, owner: Client, client: Client
):
    await _down(client, down=True)
    order = await pay(client, meal, "tok_success")
    await product.lezzet("server", "kill", "provider")
    assert (await payment(client, order, "requested"))["captured"] == 0
    await _down(client, down=False)
    await payment(client, order, "authorized")
    await owner.accepts(order, client)
    await payment(client, order, "captured")
    key = base64.urlsafe_b64encode(agent_keys(product.data / "keys").provider).decode()
    url = f"{client.endpoints['provider']}/payments/{order}/movements"
    async with aiohttp.ClientSession() as http, http.get(url, headers={"Authorization": f"Bearer {key}"}) as answer:
        moved = [each["kind"] for each in (await answer.json())["movements"]]
    assert moved == ["authorize", "capture"]


async def _down(client: Client, *, down: bool) -> None:
    """Once it is back after a kill."""

    async def switched() -> bool:
        try:
            url = f"{client.endpoints['provider']}/sandbox/down"
            async with aiohttp.ClientSession() as http, http.put(url, json={"down": down}) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    await until("the provider to answer", switched)


async def test_the_walk_by_curl(meal: str, owner: Client, client: Client, tmp_path: Path):
    await client.must("POST", "/carts/add", {"meal_id": meal, "quantity": 2})
    said = await walk(
        PAGE, tmp_path, EDGE=client.endpoints["edge"], PROVIDER=client.endpoints["provider"],
        ME=f"Authorization: Bearer {client.token}", OWNER=f"Authorization: Bearer {owner.token}",
    )  # fmt: skip
    assert "Is it you who pays?" in said
