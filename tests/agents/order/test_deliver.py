"""An order is delivered: the restaurant's owner says so."""

from typing import Any

import pytest

from agents.order.facts import Facts
from agents.order.projection import ORDER, ORDER_TIMELINE
from tests.agents.order.test_decider import PLACED, USER, facts, given, place, restaurant
from tests.agents.scenario import LATER, NOW, shown
from topics.contracts.order_commands import CancelOrder, DeliverOrder
from topics.contracts.order_events import OrderCancelled, OrderDelivered, OrderErased
from topics.documents.order import OrderMoment

OWNER = "owner-1"
KNOWN = Facts(restaurants={"mahmut": restaurant(owner_id=OWNER)})
DELIVERED = OrderDelivered(user_id=USER, restaurant_id="mahmut", delivered_at=LATER)
CANCELLED = OrderCancelled(user_id=USER, reason="", cancelled_at=LATER)


def deliver(*events: Any, caller: str | None = OWNER, known: Facts = KNOWN) -> Any:
    return given(*events).when(DeliverOrder(), caller=caller, facts=known, now=LATER)


def test_the_owner_says_that_an_order_is_delivered_and_says_it_twice_alike() -> None:
    first = deliver(PLACED)
    first.then(DELIVERED).answering(status="delivered", message="Your order is delivered.")
    again = deliver(PLACED, DELIVERED).then_nothing()
    assert again.decision.answer == first.decision.answer == shown(ORDER, PLACED, DELIVERED)


@pytest.mark.parametrize("caller", [USER, "another", None])
def test_nobody_but_the_restaurants_owner_hands_an_order_over(caller: str | None) -> None:
    refused = deliver(PLACED, caller=caller)
    refused.then_rejected("not_found")
    assert refused.decision == deliver(caller=caller).decision == deliver(PLACED, known=Facts()).decision


def test_what_is_cancelled_is_not_delivered_and_what_is_delivered_is_not_cancelled() -> None:
    deliver(PLACED, CANCELLED).then_rejected("order_cancelled")
    given(PLACED, DELIVERED).when(CancelOrder(), caller=USER).then_rejected("order_delivered")


def test_asking_again_for_the_checkout_tells_that_it_is_delivered() -> None:
    given(PLACED, DELIVERED).when(place(("kebap", 2)), facts=facts()).then_nothing().answering(status="delivered")


def test_the_timeline_ends_with_it() -> None:
    timeline = shown(ORDER_TIMELINE, PLACED, DELIVERED)
    assert timeline.moments == (
        OrderMoment(status="placed", at=NOW, by="customer"),
        OrderMoment(status="delivered", at=LATER, by="owner"),
    )


def test_an_erased_order_is_delivered_and_shown_to_nobody() -> None:
    erased = OrderErased(user_id=USER, previous_order_id=None)
    deliver(PLACED, erased).then(DELIVERED)
    assert shown(ORDER, PLACED, erased, DELIVERED) is None
    assert shown(ORDER, PLACED, DELIVERED, erased) is None
