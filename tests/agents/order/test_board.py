"""In which of a restaurant's lists an order stands."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from agents.order import board
from tests.agents.scenario import LATER, NOW
from tests.http_edge.documents import placed_order
from topics.values.fields import OrderStatus, PaymentStatus

PLACED = replace(placed_order("order-1", "guest-1"), restaurant_id="r", created_at=NOW, payment_status="authorized")
SENT = replace(PLACED, sent_at=LATER)
DUE = NOW + timedelta(hours=3)


def lists(**more: Any) -> set[str]:
    return {name.removeprefix("board:r:") for name in board.indexes(replace(SENT, **more))}


@pytest.mark.parametrize("status", ["placed", "accepted", "preparing", "ready", "on_the_way"])
def test_an_order_of_which_something_becomes_runs(status: OrderStatus) -> None:
    assert lists(status=status) == {"all", status, "running"}


@pytest.mark.parametrize("status", ["delivered", "picked_up", "rejected", "expired", "cancelled"])
def test_an_order_that_has_ended_does_not(status: OrderStatus) -> None:
    assert lists(status=status) == {"all", status}


def test_one_for_later_stands_apart_until_it_comes_to_the_kitchen_or_ends() -> None:
    assert lists(sent_at=None, due_at=DUE) == {"scheduled"}
    assert board.indexes(replace(PLACED, due_at=DUE)) == {"board:r:scheduled": -DUE.timestamp()}
    assert lists(due_at=DUE) == {"all", "placed", "running"}
    assert lists(sent_at=None, due_at=DUE, status="cancelled") == {"all", "cancelled"}


@pytest.mark.parametrize("paid", ["pending", "challenged", "failed"])
def test_one_that_is_not_paid_is_not_the_restaurants(paid: PaymentStatus) -> None:
    order = replace(PLACED, payment_status=paid)
    assert (board.indexes(order), board.latest(order)) == ({}, ())
    assert board.latest(replace(order, sent_at=LATER)) == ("board:r:latest",), "it was there already"


@pytest.mark.parametrize("paid", [None, "authorized", "captured", "voided", "refunded", "at_the_door"])
def test_any_other_is_and_each_change_of_it_is_told(paid: PaymentStatus | None) -> None:
    order = replace(PLACED, payment_status=paid)
    assert board.indexes(order)["board:r:all"] == NOW.timestamp()
    assert board.latest(order) == ("board:r:latest",)
