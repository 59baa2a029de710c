"""An owner sends the menu as a file, follows the import, mends it, and gets the menu back as a file."""

import asyncio
import csv
from io import StringIO
from pathlib import Path
from typing import Any

from infra.layout.folders import CHECKOUT
from tests.deadline import until
from tests.journeys.by_curl import walk
from tests.journeys.client import Client
from topics.contracts.menu_commands import PAGE_ROWS

PAGE = CHECKOUT / "docs" / "api" / "menus.md"
LINES = 2 * PAGE_ROWS + 20
BAD = 70  # a line of the second page


def table(price: str = "90,50") -> str:
    lines = [
        f"kod-{number};Yemek {number};{price};{'evet' if number % 2 else 'hayır'}" for number in range(2, LINES + 2)
    ]
    lines[BAD - 2] = f"kod-{BAD};Yemek {BAD};beleş;evet"
    return "\ufeffkod;ad;fiyat;satışta;renk\r\n" + "".join(f"{line};mavi\r\n" for line in lines)


async def ended(client: Client, path: str) -> Any:
    async def over() -> Any:
        report = await client.must("GET", path)
        return report if report["status"] == "ended" else None

    return await until("the import to end", over)


async def at_price(client: Client, menu: str, price: float) -> list[dict[str, Any]]:
    """The menu, once all of it costs that: nothing orders the view of meals and that of imports."""

    async def shown() -> list[dict[str, Any]]:
        meals = await client.must("GET", menu)
        return meals if {meal["price"] for meal in meals} == {price} else []

    return await until(f"all meals at {price}", shown)


async def test_a_menu_goes_in_and_out_as_a_file(owner: Client, client: Client) -> None:
    await asyncio.gather(owner.sign_up(), client.sign_up())
    opened = await owner.must("POST", "/restaurants", {"name": "Dosyadan Lokanta"})
    menu = f"/meals/restaurant/{opened['id']}"

    assert (await client.send_file(f"{menu}/import", table().encode()))[0] == 404
    status, begun = await owner.send_file(f"{menu}/import", table().encode())
    assert (status, begun["rows"], begun["ignored"]) == (201, LINES, ["renk"]), begun
    report = await ended(owner, f"{menu}/import")
    assert (report["added"], report["refused"], report["unchanged"], report["lost"]) == (LINES - 1, 1, 0, 0)
    assert [(each["line"], each["field"]) for each in report["problems"]] == [(BAD, "price")]
    assert (await client.call("GET", f"{menu}/import"))[0] == 404

    # the same file again does nothing twice, and another price changes what is there
    await owner.send_file(f"{menu}/import", table().encode())
    report = await ended(owner, f"{menu}/import")
    assert (report["number"], report["unchanged"], report["added"], report["changed"]) == (2, LINES - 1, 0, 0)
    await owner.send_file(f"{menu}/import", table("95").encode("cp1254", "ignore"))
    report = await ended(owner, f"{menu}/import")
    assert (report["changed"], report["refused"]) == (LINES - 1, 1)

    meals = await at_price(owner, menu, 95)
    assert len(meals) == LINES - 1
    text = (await owner.file(f"{menu}/export?format=csv&separator=semicolon")).decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(text, newline=""), delimiter=";"))
    assert [row["id"] for row in rows] == [meal["id"] for meal in meals]
    assert {row["price"] for row in rows} == {"95,00"}

    # what was exported is the menu, also where somebody has mended it in a spreadsheet
    await owner.send_file(f"{menu}/import", text.replace("95,00", "96,5").encode())
    report = await ended(owner, f"{menu}/import")
    assert (report["changed"], report["added"], report["refused"]) == (LINES - 1, 0, 0)
    await at_price(owner, menu, 96.5)
    exported = await owner.file(f"{menu}/export")
    await owner.send_file(f"{menu}/import", exported)
    report = await ended(owner, f"{menu}/import")
    assert (report["unchanged"], report["refused"]) == (LINES - 1, 0)
    theirs = await client.must("POST", "/restaurants", {"name": "Başka Lokanta"})
    await client.send_file(f"/meals/restaurant/{theirs['id']}/import", exported)
    report = await ended(client, f"/meals/restaurant/{theirs['id']}/import")
    assert (report["added"], report["changed"], report["refused"]) == (0, 0, LINES - 1), "ids of another's menu"


async def test_the_walk_by_curl(owner: Client, tmp_path: Path) -> None:
    """docs/api/menus.md, command by command."""
    await owner.sign_up()
    restaurant, meal = await owner.open_restaurant(95.0)
    me = f"Authorization: Bearer {owner.token}"
    out = await walk(PAGE, tmp_path, EDGE=owner.endpoints["edge"], ME=me, MEAL=meal, RESTAURANT=restaurant)
    assert '"prices":{"lavaş":0.00,"cacık":42.50}' in out and out.count('"isAvailable":false') == 2
    first, second = (line for line in out.splitlines() if '"status":"ended"' in line)
    assert '"added":2' in first and '"refused":1' in first and '"line":3,"field":"price"' in first
    assert '"changed":1' in second and '"unchanged":2' in second
    wanted = {"Lahmacun": 95, "Adana Kebap": 245.5, "Ayran": 50}

    async def shown() -> bool:
        return {
            each["name"]: each["price"] for each in await owner.must("GET", f"/meals/restaurant/{restaurant}")
        } == wanted

    await until(f"a menu of {wanted}", shown)
