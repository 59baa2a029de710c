"""Errors in words: what the description says of them, and whether the detail alone can be understood."""

import uuid
from typing import Any

import pytest
from msgspec.structs import replace

from tests.http_edge.conftest import World
from tests.http_edge.domains import refused

ANSWERED = (
    ("/restaurants/search", "503", "Service Unavailable"),
    ("/discounts", "503", "Service Unavailable"),
    ("/discounts/{code}/check", "400", "coupon_below_minimum"),
    ("/carts/coupon", "404", "not_found"),
)


@pytest.mark.parametrize(("path", "status", "said"), ANSWERED)
async def test_an_error_that_a_client_may_get_is_described(edge: World, path: str, status: str, said: str):
    described: dict[str, Any] = (await edge.client().call("GET", "/openapi.json")).json
    assert said in described["paths"][path]["get"]["responses"][status]["description"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/auth/login", "too_many_logins"),
        ("/auth/register", "too_many_requests"),
        ("/restaurants", "too_many_restaurants"),
        ("/restaurants", "too_many_refused"),
    ],
)
async def test_a_bound_that_a_client_may_meet_is_described(edge: World, path: str, said: str):
    described: dict[str, Any] = (await edge.client().call("GET", "/openapi.json")).json
    assert any(said in each["description"] for each in described["paths"][path]["post"]["responses"].values())


async def test_a_detail_names_the_field_also_where_the_domain_found_the_fault(edge: World):
    edge.domains.behave(lambda command: replace(refused(command, "invalid_input", "at least 5"), field="quantity"))
    said = (await edge.client(str(uuid.uuid4())).call("POST", "/carts/add", {"meal_id": "m", "quantity": 1})).json
    assert (said["detail"], said["errors"]) == ("quantity: at least 5", [{"field": "quantity", "why": "at least 5"}])
