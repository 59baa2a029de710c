"""What people say of an order in wrong words is named, field by field, and comes to nobody."""

import uuid
from typing import Any

import pytest

from tests.http_edge.conftest import World

LONG = "x" * 501


@pytest.mark.parametrize(
    ("act", "body", "fields"),
    [
        ("accept", {"prep_time": 24 * 60}, ["prep_time"]),
        ("accept", {"prep_time": 0}, ["prep_time"]),
        ("accept", {"prep_time": "soon"}, ["prep_time"]),
        ("reject", {"reason": "   "}, ["reason"]),
        ("reject", {"reason": ""}, ["reason"]),
        ("reject", {}, ["reason"]),
        ("reject", {"reason": LONG}, ["reason"]),
        ("delay", {"minutes": 24 * 60, "reason": "\t"}, ["minutes", "reason"]),
        ("delay", {"minutes": 0, "reason": "x"}, ["minutes"]),
    ],
)
async def test_each_wrong_field_is_named(edge: World, act: str, body: dict[str, Any], fields: list[str]) -> None:
    said = await edge.client(str(uuid.uuid4())).call("POST", f"/orders/{uuid.uuid4()}/{act}", body)
    assert (said.status, sorted(said.fields)) == (422, fields)
    assert edge.domains.taken == []


@pytest.mark.parametrize("act", ["fly", "ACCEPT", "accept/twice", "status"])
async def test_an_act_that_there_is_not_is_404(edge: World, act: str) -> None:
    said = await edge.client(str(uuid.uuid4())).call("POST", f"/orders/{uuid.uuid4()}/{act}", {"reason": "x"})
    assert said.status in (404, 405)
    assert edge.domains.taken == []
