"""In which of a restaurant's lists an order stands."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from agents.order import board
from agents.order.facts import Facts
from agents.order.projection import ORDER
from tests.agents.order.test_decider import USER, given
from tests.agents.order.ways import AT_DOOR, AUTO, KNOWN, LATER_TODAY, PAID, PICKUP
from tests.agents.scenario import LATER, NOW, shown
from tests.http_edge.documents import placed_order
from topics.contracts.order_commands import CancelOrder, ConfirmPayment, GiveUpPayment, RecordSettlement
from topics.contracts.order_events import OrderPlaced, PaymentChallenged
from topics.values.fields import OrderStatus, PaymentStatus

PLACED = replace(placed_order("order-1", "guest-1"), restaurant_id="r", created_at=NOW, payment_status="authorized")
SENT = replace(PLACED, sent_at=LATER)
DUE = NOW + timedelta(hours=3)
CHALLENGED = PaymentChallenged(user_id=USER, restaurant_id="mahmut", at=NOW, url="https://bank.example/3ds")


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


@pytest.mark.parametrize("paid", ["pending", "challenged", "failed", "voided"])
def test_one_that_was_not_paid_is_not_the_restaurants(paid: PaymentStatus) -> None:
    order = replace(PLACED, payment_status=paid)
    assert (board.indexes(order), board.latest(order)) == ({}, ())
    assert board.latest(replace(order, sent_at=LATER)) == ("board:r:latest",), "it was there already"


@pytest.mark.parametrize("paid", ["authorized", "captured", "voided", "refunded", "at_the_door"])
def test_any_other_is_and_each_change_of_it_is_told(paid: PaymentStatus) -> None:
    before_payments, sent = replace(PLACED, payment_status=None), replace(SENT, payment_status=paid)
    for order in (before_payments, sent):
        assert board.indexes(order)["board:r:all"] == NOW.timestamp()
        assert board.latest(order) == ("board:r:latest",)


def unpaid_and_cancelled() -> list[Any]:
    (end, *_) = given(PAID, CHALLENGED).when(CancelOrder(reason="no"), caller=USER).decision.events
    return [PAID, CHALLENGED, end]


def unpaid_and_expired() -> list[Any]:
    return [PAID, *given(PAID).when(GiveUpPayment(), caller=None).decision.events]


@pytest.mark.parametrize("way", [unpaid_and_cancelled, unpaid_and_expired])
def test_a_hold_that_is_released_brings_no_unpaid_order_to_the_restaurant(way: Callable[[], list[Any]]) -> None:
    events = way()
    release = RecordSettlement(kind="voided", amount=61_120)
    order = shown(ORDER, *events, *given(*events).when(release, caller=None).decision.events)
    assert order.payment_status == "voided"
    assert (board.indexes(order), board.latest(order)) == ({}, ())


@pytest.mark.parametrize("placed", [PAID, LATER_TODAY, AT_DOOR, PICKUP])
@pytest.mark.parametrize("known", [KNOWN, AUTO, Facts()])
def test_every_order_comes_to_the_restaurant_with_what_confirms_its_payment(placed: OrderPlaced, known: Facts) -> None:
    confirmed = given(placed).when(ConfirmPayment(), facts=known, caller=None).decision.events
    assert shown(ORDER, placed, *confirmed).at_restaurant
