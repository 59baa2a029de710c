"""The card of a checkout goes to the order, and is kept nowhere on the way."""

from typing import Any, get_args

import pytest

from agents.basket.policy import react
from tests.agents.basket.test_decider import KEBAP, MENU, given
from tests.agents.scenario import ID, NOW
from topics.contracts import basket_events
from topics.contracts.basket_commands import Checkout, CheckoutItem
from topics.contracts.basket_events import CheckedOut
from topics.contracts.order_commands import PlaceOrder
from topics.messages.event import EventMeta
from topics.values.fields import PaymentMethod

CARD = "tok_success"


def checked_out(method: Any) -> tuple[CheckedOut, Any]:
    """The event, and the basket after it."""
    wish = Checkout(items=(CheckoutItem(meal_id=KEBAP, quantity=1),), payment_method=method, card=CARD)
    outcome = given().when(wish, facts=MENU)
    (event,) = outcome.decision.events
    assert isinstance(event, CheckedOut)
    return event, outcome.state


@pytest.mark.parametrize("method", get_args(PaymentMethod))
def test_it_goes_to_the_order_where_it_is_by_card(method: str) -> None:
    event, basket = checked_out(method)
    (send,) = react(event, EventMeta("event", ID, 1, NOW), basket)
    assert isinstance(send.message, PlaceOrder)
    assert send.message.card == (CARD if method == "credit_card" else None)


def test_it_is_neither_in_the_basket_nor_on_the_topic_of_events() -> None:
    event, basket = checked_out("credit_card")
    assert event.card == CARD
    assert CARD not in repr(basket)
    assert CARD.encode() not in basket_events.TOPIC.encode(event)
