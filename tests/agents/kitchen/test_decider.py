"""What becomes of a ticket, and which events of an order lead to one."""

from typing import Any

import pytest

from agents.kitchen.decider import DECIDER
from agents.kitchen.policy import follow_order
from tests.agents import scenario
from tests.agents.scenario import ID, LATER, NOW
from topics.contracts import kitchen_commands
from topics.contracts.kitchen_commands import OpenTicket, RecordMessage, WithdrawTicket
from topics.contracts.kitchen_events import MessageRecorded, TicketOpened, TicketWithdrawn
from topics.contracts.order_events import (
    Event,
    OrderAccepted,
    OrderCancelled,
    OrderExpired,
    OrderReady,
    OrderRejected,
    OrderSentToKitchen,
    PricedItem,
)
from topics.deciding.choosing import ChosenOption
from topics.deciding.decision import Origin

SPICY = ChosenOption(name="Acı", choice="az", price=0)
ITEMS = (
    PricedItem(meal_id="m-1", name="Adana", quantity=2, price=24_550, total=49_100, note="soğansız", options=(SPICY,)),
)
SENT = OrderSentToKitchen(
    user_id="u-1", restaurant_id="r-1", at=NOW, restaurant_name="Mahmut", items=ITEMS, note="Zil bozuk", due_at=None,
    expires_at=LATER, delivery=True, payment_method="credit_card", total=49_100, gift_note="İyi ki doğdun!",
)  # fmt: skip
OPEN = OpenTicket(
    restaurant_id="r-1", restaurant_name="Mahmut", items=ITEMS, note="Zil bozuk", due_at=None, expires_at=LATER,
    delivery=True, payment_method="credit_card", total=49_100, auto=False, gift_note="İyi ki doğdun!",
)  # fmt: skip
OPENED = TicketOpened(
    restaurant_id="r-1", restaurant_name="Mahmut", items=ITEMS, note="Zil bozuk", due_at=None, expires_at=LATER,
    delivery=True, payment_method="credit_card", total=49_100, auto=False, opened_at=NOW, gift_note="İyi ki doğdun!",
)  # fmt: skip
WITHDRAWN = TicketWithdrawn(restaurant_id="r-1", status="cancelled", reason="no", withdrawn_at=NOW)
SENT_ON = MessageRecorded(message_id="e-1", outcome="sent")


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def follow(event: Event) -> list[Any]:
    return [
        (send.topic, send.key, send.message) for send in follow_order(event, Origin("e-1", "lezzet/order", NOW, ID, 3))
    ]


def test_an_order_that_comes_to_the_kitchen_has_a_ticket_with_its_options_and_notes() -> None:
    assert follow(SENT) == [(kitchen_commands.TOPIC, ID, OPEN)]
    given().when(OPEN).then(OPENED)


@pytest.mark.parametrize("before", [(OPENED,), (OPENED, SENT_ON), (OPENED, WITHDRAWN)])
def test_an_order_has_one_ticket_however_often_it_is_asked_for(before: tuple[Any, ...]) -> None:
    given(*before).when(OPEN, now=LATER).then_nothing()


ENDS = {"user_id": "u-1", "restaurant_id": "r-1", "at": NOW, "reason": "no"}


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (OrderCancelled(user_id="u-1", reason="no", cancelled_at=NOW), "cancelled"),
        (OrderExpired(by="system", **ENDS), "expired"),
        (OrderRejected(by="owner", **ENDS), "rejected"),
    ],
)
def test_an_order_that_ends_before_it_is_cooked_has_its_ticket_withdrawn(end: Event, status: Any) -> None:
    ((_, key, command),) = follow(end)
    assert (key, command) == (ID, WithdrawTicket(status=status, reason="no"))
    withdrawn = TicketWithdrawn(restaurant_id="r-1", status=status, reason="no", withdrawn_at=NOW)
    given(OPENED, SENT_ON).when(command).then(withdrawn)
    given(OPENED, withdrawn).when(command, now=LATER).then_nothing()
    given().when(command).then_nothing()  # it never came to the kitchen


def test_a_kitchen_is_not_told_what_it_has_said_itself() -> None:
    assert follow(OrderRejected(by="kitchen", **ENDS)) == []
    accepted = OrderAccepted(
        user_id="u-1", restaurant_id="r-1", at=NOW, by="owner", prep_time=20, ready_at=LATER, delivery=True
    )
    assert follow(accepted) == []
    assert follow(OrderReady(user_id="u-1", restaurant_id="r-1", at=NOW, by="kitchen", delivery=True)) == []


def test_what_became_of_a_message_is_recorded_and_its_first_id_stays() -> None:
    recorded = given(OPENED).when(RecordMessage(message_id="e-1", outcome="sent")).then(SENT_ON)
    assert recorded.state.sent == "e-1"
    again = given(OPENED, SENT_ON, WITHDRAWN).when(RecordMessage(message_id="e-2", outcome="sent"))
    assert again.state.sent == "e-1"
    late = given(OPENED).when(RecordMessage(message_id="e-1", outcome="late"))
    assert late.state.sent is None
