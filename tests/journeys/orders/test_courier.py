"""A courier brings an order, and its customer sees where they are."""

from pathlib import Path

from tests.deadline import until
from tests.journeys.by_curl import walk
from tests.journeys.client import Client

PAGE = Path(__file__).resolve().parents[3] / "docs" / "api" / "deliveries.md"
BEYOGLU = {"latitude": 41.0355, "longitude": 28.9842}


async def accepted_order(owner: Client, guest: Client) -> str:
    """An order that the restaurant has accepted and that somebody has to bring."""
    _, meal = await owner.open_restaurant(100.0)
    await guest.add_address(**BEYOGLU)
    await guest.sees(f"/meals/{meal}")
    order = await guest.order(meal)
    await owner.accepts(order, guest)
    return order


def header(client: Client) -> str:
    return f"Authorization: Bearer {client.token}"


async def test_the_walk_by_curl(owner: Client, client: Client, other: Client, tmp_path: Path):
    """docs/api/deliveries.md, command by command."""
    for each in (owner, client):
        await each.sign_up()
    courier, me = other, await other.sign_up()
    order = await accepted_order(owner, client)

    async def is_none() -> bool:
        """Until the order is opened for couriers it is 409."""
        return (await owner.call("POST", f"/orders/{order}/courier", {"courier_id": me}))[1]["code"] == "no_courier"

    await until("an offer to who is no courier to be refused", is_none)
    assert (await courier.call("GET", f"/deliveries/{order}"))[0] == 404, "it is not offered to them"
    said = await walk(
        PAGE, tmp_path, EDGE=owner.endpoints["edge"], OWNER=header(owner), GUEST=header(client), COURIER=header(courier),
        ORDER=order,
    )  # fmt: skip
    assert said.count('"status":"delivered"') == 2, "the act, and its repeat"
    assert '"shown":true' in said and "422\n" in said
    told = (tmp_path / "events").read_text()
    heard = [line.removeprefix("event: ") for line in told.splitlines() if line.startswith("event: ")]
    assert {"on_the_way", "position", "delivered"} <= set(heard) and heard[-2:] == ["delivered", "end"]
    assert '"latitude":41.036,"longitude":28.9845,"at":' in told

    async def named() -> bool:
        return (await client.must("GET", f"/orders/{order}"))["courier_id"] == me

    await until("the order to name its courier", named)
    assert await courier.must("GET", "/couriers") == (await courier.must("GET", "/users/me/export"))["courier"]
    (ended,) = await courier.must("GET", "/deliveries?phase=ended")
    assert (ended["order_id"], ended["status"], ended["address"]) == (order, "delivered", None)
