"""What has no owner who could be counted is made at a pace, by address."""

import pytest

from http_edge.routing.pace import A_SECOND, MOST_ADDRESSES, Pace
from http_edge.web import ROUTES
from http_edge.wire.problems import Problem


def test_an_address_makes_so_many_at_once_and_then_at_a_pace():
    now = [0.0]
    pace = Pace(lambda: now[0], at_once=3)
    for _ in range(3):
        pace.take("10.0.0.1")
    with pytest.raises(Problem) as refused:
        pace.take("10.0.0.1")
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "2"})
    pace.take("10.0.0.2")
    now[0] = 1 / A_SECOND
    pace.take("10.0.0.1")
    with pytest.raises(Problem):
        pace.take("10.0.0.1")
    assert pace.refused == 2


def test_addresses_are_remembered_within_bounds():
    pace = Pace(lambda: 0.0, at_once=1)
    for number in range(MOST_ADDRESSES + 10):
        pace.take(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(pace._left) == MOST_ADDRESSES


def test_what_is_made_without_an_owner_is_paced():
    assert {row.name for row in ROUTES if getattr(row, "paced", False)} == {
        "POST /auth/register",
        "POST /carts/anonymous/add",
    }
