"""Figures of orders, from a checkout to their restaurant's owner; and Elasticsearch away, killed, and made anew."""

import signal
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio

from infra.layout.folders import CHECKOUT, DataFolder
from infra.layout.site import Site
from infra.servers.registry import servers
from infra.supervision.child import Child
from tests.deadline import until
from tests.journeys.by_curl import walk
from tests.journeys.client import Client
from tests.journeys.conftest import Product

START = 120.0  # seconds until Elasticsearch answers, on a busy machine


@pytest_asyncio.fixture(loop_scope="session")
async def elastic(product: Product) -> AsyncGenerator[Child]:
    """Elasticsearch where the product looks for it. Not started: `up --only core` leaves it out."""
    site = Site.of(DataFolder(product.data))
    (server,) = servers(site, ("elastic",))
    await server.install()
    await server.prepare()
    child = Child(server.program(), site.data, lambda line: None)
    yield child
    await child.stop()


async def order(client: Client, owner: Client, meal: str, end: str | None) -> str:
    """One order of two. end: what becomes of it; None: nothing yet, it is for the day after tomorrow, since one for now expires
    where nobody answers it for five minutes. Its id."""
    wanted = None if end else (datetime.now(UTC) + timedelta(days=2)).isoformat(timespec="minutes")
    placed = await client.order(meal, 2, pickup=True, schedule_date=wanted)
    if end == "delivered":
        await owner.accepts(placed, client)
        await owner.must("POST", f"/orders/{placed}/deliver")
    elif end == "cancelled":
        await client.must("POST", f"/orders/{placed}/cancel", {"reason": "vazgeçtim"})
    return placed


async def gives_back(owner: Client, order_id: str, amount: float) -> None:
    """At the door, as soon as the order is paid there."""
    wish = {"amount": amount, "reason": "Ayran gelmedi"}

    async def booked() -> bool:
        status, said = await owner.call("POST", f"/payments/{order_id}/refund", wish)
        assert status < 300 or said["code"] == "nothing_to_refund", said
        return status < 300

    await until("the refund", booked)


async def figures(owner: Client, restaurant: str, orders: int, sold: int, refunded: float = 0) -> Any:
    """The report, once it knows of so many orders and refunds, and of the one that was cancelled: nothing orders those."""

    async def found() -> Any:
        status, said = await owner.call("GET", f"/restaurants/{restaurant}/analytics")
        known = status == 200 and (said["orders"], said["sold"], said["refunded"]) == (orders, sold, refunded)
        return said if known and sum(each["orders"] for each in said["reasons"]) == 1 else None

    # a restaurant has 120 reports an hour
    return await until(f"the figures of {orders} orders", found, START, pause=2)


async def test_figures_survive_an_outage_a_kill_and_being_made_anew(
    product: Product, owner: Client, client: Client, elastic: Child, tmp_path: Path
):
    await owner.sign_up()
    await client.sign_up()
    restaurant, meal = await owner.open_restaurant(100)
    await client.sees(f"/meals/{meal}")
    path = f"/restaurants/{restaurant}/analytics"
    for end in ("delivered", "cancelled", None):
        await order(client, owner, meal, end)
    status, problem = await owner.call("GET", path)
    assert (status, problem["code"]) == (503, "analytics_away") and "Orders are not concerned" in problem["detail"]
    assert (await client.call("GET", path))[0] == 404

    elastic.start()
    await elastic.until_ready()
    before = await figures(owner, restaurant, 3, 1)
    assert (before["orders"], before["sold"], before["revenue"]) == (3, 1, 200)
    assert before["meals"] == [{"meal_id": meal, "name": "Lahmacun", "quantity": 2, "revenue": 200}]
    assert before["reasons"] == [{"ended": "cancelled", "by": "customer", "reason": "changed_mind", "orders": 1}]
    assert before["acceptance"]["accepted"] == 1 and before["acceptance"]["seconds"]["p99"] >= 0
    assert sum(hour["orders"] for hour in before["hours"]) == 3 and before["complete"]
    assert (await client.call("GET", path))[0] == 404

    await elastic.stop(signal.SIGKILL)
    second = await order(client, owner, meal, "delivered")
    assert (await owner.call("GET", path))[0] == 503
    await gives_back(owner, second, 50)
    elastic.start()
    await elastic.until_ready()
    after = await figures(owner, restaurant, 4, 2, refunded=50)
    assert (after["orders"], after["sold"], after["revenue"]) == (4, 2, 350)

    assert "dry run" in await product.lezzet("analytics", "rebuild")
    said = await product.lezzet("analytics", "rebuild", "--yes")
    assert "generation 2 is live" in said
    await order(client, owner, meal, None)
    anew = await figures(owner, restaurant, 5, 2, refunded=50)
    # midnight may have come in between
    without_new = {**anew, "orders": 4, **{name: after[name] for name in ("hours", "from", "to")}}
    assert without_new == after, "made anew, the figures are the same"
    named = {
        "EDGE": owner.endpoints["edge"], "RESTAURANT": restaurant,
        "OWNER": f"Authorization: Bearer {owner.token}", "GUEST": f"Authorization: Bearer {client.token}",
    }  # fmt: skip
    told = await walk(CHECKOUT / "docs" / "api" / "analytics.md", tmp_path, **named)
    assert told.count('"sold":2,"revenue":350') >= 2 and told.count("}404\n") == 1 and told.count("}422\n") == 2
