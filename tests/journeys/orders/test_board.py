"""A customer orders and an owner cooks: both follow it live."""

import re
from pathlib import Path

from tests.journeys.by_curl import walk
from tests.journeys.client import Client

PAGE = Path(__file__).resolve().parents[3] / "docs" / "api" / "orders.md"
COURSE = ["placed", "accepted", "preparing", "preparing", "ready", "picked_up"]
"""Of the walk: an order that is delayed is still being prepared."""


async def test_the_walk_by_curl(owner: Client, client: Client, tmp_path: Path):
    """docs/api/orders.md, command by command."""
    await owner.sign_up()
    await client.sign_up()
    restaurant, meal = await owner.open_restaurant(95.0)
    out = await walk(
        PAGE, tmp_path, EDGE=owner.endpoints["edge"], OWNER=f"Authorization: Bearer {owner.token}",
        GUEST=f"Authorization: Bearer {client.token}", RESTAURANT=restaurant, MEAL=meal,
    )  # fmt: skip
    assert _names(tmp_path / "order") == [*COURSE, "end"]
    assert _names(tmp_path / "board")[0] == "open"
    told = _names(tmp_path / "board")[1:]
    assert told[-1] == "picked_up" and set(told) <= set(COURSE), "an order that changed twice may be told once"
    assert '"note":"Acısız"' in out and '"gift_note":"Nice yıllara"' in out
    assert '"code":"order_picked_up"' in out and '"order_status":"picked_up"' in out
    assert re.findall(r"\}(\d{3})$", out, re.MULTILINE) == ["409", "422", "404"]
    assert re.findall(r'"by":"(\w+)"', (tmp_path / "order").read_text())[-1] == "owner"


def _names(stream: Path) -> list[str]:
    return re.findall(r"^event: (\w+)$", stream.read_text(), re.MULTILINE)
