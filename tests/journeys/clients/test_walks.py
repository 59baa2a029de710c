"""The walks of docs/api that have no journey of their own, command by command."""

import re
from pathlib import Path

from tests.journeys.by_curl import walk
from tests.journeys.client import Client

PAGES = Path(__file__).resolve().parents[3] / "docs" / "api"


async def _named(owner: Client, guest: Client) -> dict[str, str]:
    """What the pages take for given."""
    await owner.sign_up()
    await guest.sign_up()
    restaurant, meal = await owner.open_restaurant(90)
    await guest.sees(f"/meals/{meal}")
    tokens = {name: f"Authorization: Bearer {who.token}" for name, who in (("OWNER", owner), ("GUEST", guest))}
    return {"EDGE": owner.endpoints["edge"], "RESTAURANT": restaurant, "MEAL": meal, **tokens}


async def test_baskets(owner: Client, client: Client, tmp_path: Path):
    said = await walk(PAGES / "baskets.md", tmp_path, **await _named(owner, client))
    assert '"field":"options[0].choice"' in said and said.count("422\n") == 1
    assert '"is_available":false' not in said and '"code":"meal_unavailable"' in said, (
        "the walk waits for it in silence"
    )
    assert '"missing":80.0' in said and '"coupon_code":"LEZZET10"' in said
    assert '"is_valid":true' in said and '"merged_items_count":1,"conflicts_resolved":1' in said
    assert '"code":"price_changed"' in said and said.count("409\n") == 2
    assert '"total":999.9' in said and '"message"' in said
    assert said.count("404\n") == 1, "the visitor's basket is over"


async def test_search_favourites_campaigns_and_coupons(owner: Client, client: Client, tmp_path: Path):
    said = await walk(PAGES / "offers.md", tmp_path, **await _named(owner, client))
    totals = re.findall(r'"total":(\d+)', said)
    assert len(totals) == 6 and "0" not in totals[:3] + totals[4:], "the fourth asks who is open at this hour"
    assert '"distance_km":' in said and '"has_next":true' in said
    assert said.count("422\n") == 2 and said.count("400\n") == 1
    assert said.count("İki lahmacun") == 2 and '"Ege mutfağı"' in said
    assert '"discount":50.0' in said


async def test_an_account(client: Client, tmp_path: Path):
    await client.sign_up()
    said = await walk(PAGES / "account.md", tmp_path, EDGE=client.endpoints["edge"], MAIL=client.address)
    assert said.count('"phone":"+905321112233"') >= 3 and '"full_name":"Ayşe Kaya"' in said
    assert "Moda Caddesi 14" in said and '"campaigns":false' in said
    assert said.count("404\n") == 2 and said.count("401\n") == 1
