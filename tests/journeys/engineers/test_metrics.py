"""What the processes of a running stack measure is what the table, the alerts and the boards say."""

import json
import re

import aiohttp

from stores.metrics import AGENTS, EDGE, LINES, help_of
from tests.journeys.conftest import Product

_FAMILY = re.compile(r"^# HELP (lezzet_\w+) (.*)$", re.MULTILINE)


async def _told(address: str) -> dict[str, str]:
    """Metric → help."""
    async with aiohttp.ClientSession() as http, http.get(f"{address}/metrics") as answer:
        said = await answer.text()
    return {name: text for name, text in _FAMILY.findall(said) if not name.endswith("_created")}


async def test_agents_and_edge_tell_every_metric_of_the_table_with_its_help(product: Product) -> None:
    ports: dict[str, int] = json.loads((product.data / "ports.json").read_text())
    agents = await _told(f"http://127.0.0.1:{ports['agents_health']}")
    edge = await _told(product.endpoints["edge"])
    for told, table in ((agents, AGENTS | LINES), (edge, EDGE | LINES)):
        assert told == {name: help_of(name) for name in table}
