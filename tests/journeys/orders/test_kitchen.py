"""A plain AMQP client plays the kitchen of a restaurant: docs/kitchen.md."""

import json
import os
import sys
import uuid
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest_asyncio

from tests.agents.kitchen.broker import Kitchen, kitchen
from tests.deadline import until
from tests.journeys.by_curl import files, walk
from tests.journeys.client import Client
from tests.journeys.conftest import Product

PAGE = Path(__file__).resolve().parents[3] / "docs" / "kitchen.md"


@pytest_asyncio.fixture(loop_scope="session")
async def cook(product: Product) -> AsyncGenerator[Kitchen]:
    async with kitchen(product.endpoints["rabbit"]) as made:
        yield made


class Table:
    """A restaurant, and a guest who orders there."""

    def __init__(self, owner: Client, guest: Client, cook: Kitchen) -> None:
        self.owner, self.guest, self.cook = owner, guest, cook

    async def lay(self) -> None:
        await self.owner.sign_up()
        await self.guest.sign_up()
        self.restaurant, self.meal = await self.owner.open_restaurant(100)
        await self.guest.sees(f"/meals/{self.meal}")

    async def order(self) -> str:
        await self.guest.must("POST", "/carts/add", {"meal_id": self.meal, "quantity": 1, "note": "soğansız"})
        wish = {"payment_method": "cash", "pickup": True}
        return (await self.guest.must("POST", "/carts/checkout", wish))["id"]

    async def ticket(self) -> tuple[str, dict[str, Any]]:
        """(type, body) of the next message to the kitchen."""
        came = await self.cook.ticket(f"kitchen.{self.restaurant}", 60)
        return came.type or "", json.loads(came.body)

    async def status(self, order: str, status: str) -> dict[str, Any]:
        async def stands() -> dict[str, Any] | None:
            shown = await self.guest.must("GET", f"/orders/{order}")
            return shown if shown["status"] == status else None

        found = await until(f"the order to be {status}", stands)
        assert found is not None
        return found

    async def moments(self, order: str) -> list[tuple[str, str | None]]:
        return [(each["status"], each.get("by")) for each in await self.guest.must("GET", f"/orders/{order}/timeline")]


@pytest_asyncio.fixture(loop_scope="session")
async def table(owner: Client, client: Client, cook: Kitchen) -> Table:
    made = Table(owner, client, cook)
    await made.lay()
    return made


async def test_a_kitchen_that_answers_twice_late_or_for_another_changes_nothing_twice_and_is_told(
    table: Table,
) -> None:
    order = await table.order()
    kind, ticket = await table.ticket()
    assert (kind, ticket["order_id"], ticket["restaurant_id"]) == ("ticket", order, table.restaurant)
    assert [(item["name"], item["note"]) for item in ticket["items"]] == [("Lahmacun", "soğansız")]

    accept = {"order_id": order, "decision": "accept", "prep_time": 20}
    other = await table.cook.ask({**accept, "restaurant_id": uuid.uuid4().hex}, id="foreign")
    assert (other["outcome"], other["code"]) == ("refused", "not_found")
    too_soon = await table.cook.ask({"order_id": order, "decision": "ready"}, id="too soon")
    assert (too_soon["outcome"], too_soon["status"]) == ("refused", "placed")
    assert (await table.status(order, "placed"))["ready_at"] is None

    done = {"outcome": "done", "order_id": order, "status": "accepted"}
    assert await table.cook.ask(accept, id="1") == done
    assert await table.cook.ask(accept, id="1") == done, "the same answer again"
    assert await table.cook.ask({**accept, "prep_time": 45}, id="2") == done, "the first one counts"
    ready_at = (await table.status(order, "accepted"))["ready_at"]
    assert (await table.cook.ask({"order_id": order, "decision": "preparing"}, id="3"))["status"] == "preparing"
    delay = {"order_id": order, "decision": "delay", "minutes": 10, "reason": "Çok yoğunuz"}
    assert [(await table.cook.ask(delay, id="4"))["outcome"] for _ in range(2)] == ["done", "done"]
    assert (await table.cook.ask({"order_id": order, "decision": "ready"}, id="5"))["status"] == "ready"
    late = await table.cook.ask({"order_id": order, "decision": "reject", "reason": "Ocak bozuk"}, id="6")
    assert (late["outcome"], late["status"]) == ("refused", "ready")

    shown = await table.status(order, "ready")
    assert shown["ready_at"] > ready_at, "delayed once"
    cooked = [(status, "kitchen") for status in ("accepted", "preparing", "preparing", "ready")]

    async def told() -> bool:
        return len(await table.moments(order)) > len(cooked)

    await until("all moments to be shown, which are another view", told)
    assert await table.moments(order) == [("placed", "customer"), *cooked]


async def test_an_order_that_the_guest_takes_back_is_taken_back_from_the_kitchen_too(table: Table) -> None:
    order = await table.order()
    assert (await table.ticket())[0] == "ticket"
    await table.guest.must("POST", f"/orders/{order}/cancel", {"reason": "fikrimi değiştirdim"})
    kind, told = await table.ticket()
    assert (kind, told["order_id"], told["status"]) == ("cancelled", order, "cancelled")
    late = await table.cook.ask({"order_id": order, "decision": "accept"}, id="late")
    assert (late["outcome"], late["status"]) == ("refused", "cancelled")


async def test_while_rabbitmq_is_away_orders_are_taken_and_their_tickets_flow_when_it_is_back(
    product: Product, owner: Client, client: Client
) -> None:
    async with kitchen(product.endpoints["rabbit"]) as cook:
        table = Table(owner, client, cook)
        await table.lay()
    await product.lezzet("server", "stop", "rabbit")
    order = await table.order()
    assert (await client.must("GET", f"/orders/{order}"))["status"] == "placed"
    await product.lezzet("server", "start", "rabbit")
    async with kitchen(product.endpoints["rabbit"]) as cook:
        table.cook = cook
        assert (await table.ticket())[1]["order_id"] == order
        assert (await cook.ask({"order_id": order, "decision": "accept"}, id="back"))["status"] == "accepted"


async def test_the_walk_of_a_kitchen(product: Product, owner: Client, client: Client, tmp_path: Path) -> None:
    """docs/kitchen.md, command by command."""
    await owner.sign_up()
    await client.sign_up()
    files(PAGE, tmp_path)
    said = await walk(
        PAGE, tmp_path, EDGE=product.endpoints["edge"], RABBITMQ_URL=product.endpoints["rabbit"],
        OWNER=f"Authorization: Bearer {owner.token}", GUEST=f"Authorization: Bearer {client.token}",
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    )  # fmt: skip
    assert "to cook: 2 x Adana" in said
    assert '"status":"accepted"' in said and '"status":"ready"' in said
