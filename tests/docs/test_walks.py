"""Every route of the gateways is walked by curl on some page, and every page with a walk names the test that runs it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from http_edge.routing.routes import AnyRow
from tests.http_edge.requests import ROUTES

ROOT = Path(__file__).resolve().parents[2]
PAGES = [page for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if "guides" not in page.parts]
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
CURL = re.compile(r"\bcurl (.*)")
URL = re.compile(r"\$(?:EDGE|PHONE|MENU)([^\s\"'?]*)")
METHOD = re.compile(r"-X (\w+)")
BODY = re.compile(r" (--json|-d|-F|--data-binary) ")
MENU = "/meals/restaurant/$RESTAURANT"
"""Of which docs/api/menus.md makes a variable."""

NOT_WALKED = {
    "GET /couriers", "DELETE /couriers", "DELETE /orders/{id}/courier", "GET /deliveries/{order_id}",
    "POST /deliveries/{order_id}/decline", "POST /deliveries/{order_id}/failed",
}  # fmt: skip
"""Of deliveries that do not go well (tests/http_edge/web/order/test_deliveries.py)."""


def asked() -> Iterator[tuple[str, str]]:
    """(method, path) of every curl on a page."""
    for page in PAGES:
        for block in BLOCK.findall(page.read_text()):
            for line in CURL.findall(block.replace("\\\n", " ")):
                for path in URL.findall(line):
                    method = METHOD.search(line)
                    found = method[1] if method else "POST" if BODY.search(f"{line} ") else "GET"
                    yield found, (MENU if "$MENU" in line else "") + path.rstrip("/)")


def fits(row: AnyRow, method: str, path: str) -> bool:
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(row.path.rstrip("/")))
    return row.method == method and re.fullmatch(pattern, path) is not None


def test_every_route_is_walked_by_curl() -> None:
    walked = set(asked())
    missing = {row.name for row in ROUTES if not any(fits(row, *each) for each in walked)}
    assert missing - NOT_WALKED == set()
    assert missing >= NOT_WALKED, "these are walked now: take them off the list"


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name == "api"], ids=lambda page: page.stem)
def test_a_test_runs_the_walk_of_the_page(page: Path) -> None:
    named = re.findall(r"tests/journeys/[\w/]+\.py", page.read_text())
    assert any(page.name in (ROOT / each).read_text() for each in named)
