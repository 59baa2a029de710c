"""A user whose order came to nothing orders the same meals again within seconds, which is how long the basket takes that for a
button that was pressed twice. The meals are none of the basket's, so no line comes back into it."""

from datetime import timedelta

import pytest

from agents.basket.decider import DECIDER as BASKET
from agents.basket.policy import react as ask
from agents.order.decider import DECIDER as ORDER
from agents.order.policy import react
from tests.agents.basket.test_decider import AYRAN, MENU
from tests.agents.order.test_decider import facts
from tests.agents.scenario import ID, NOW, Given, given
from topics.contracts.basket_commands import Checkout, CheckoutItem, RestoreItems
from topics.contracts.basket_events import CheckedOut, CheckoutRepeated
from topics.contracts.order_commands import CancelOrder, ConfirmPayment, GiveUpPayment, RefusePayment
from topics.messages.event import EventMeta
from topics.messages.message import Message

SOON = NOW + timedelta(seconds=8)
WISH = Checkout(
    payment_method="credit_card", card="tok_declined", pickup=True, items=(CheckoutItem(meal_id=AYRAN, quantity=3),)
)
REFUSE = RefusePayment(code="card_declined", detail="your bank declined the card")


class Guest:
    """Their basket, and the order that it led to."""

    def __init__(self) -> None:
        checkout = given(BASKET).when(WISH, facts=MENU)
        self.basket = Given(BASKET, checkout.state)
        self.order_id = checkout.state.newest_order_id
        (place,) = ask(checkout.decision.events[0], EventMeta("e", ID, 1, NOW), checkout.state)
        self.order = given(ORDER)
        self.tell(place.message)

    def tell(self, command: Message, *, caller: str | None = None, auto: bool = False) -> None:
        """The order, and the basket what comes of it."""
        outcome = self.order.when(command, caller=caller, facts=facts(auto_accept=auto))
        self.order = Given(ORDER, outcome.state)
        for event in outcome.decision.events:
            for send in react(event, EventMeta("e", self.order_id, 2, NOW), outcome.state):
                if isinstance(send.message, RestoreItems):
                    self.basket = Given(BASKET, self.basket.when(send.message, caller=None).state)

    @property
    def orders_anew(self) -> bool:
        (event,) = self.basket.when(WISH, facts=MENU, command_id="b", now=SOON).decision.events
        assert isinstance(event, CheckedOut | CheckoutRepeated)
        return isinstance(event, CheckedOut)


def test_who_presses_twice_has_one_order() -> None:
    guest = Guest()
    assert not guest.orders_anew
    guest.tell(ConfirmPayment())
    assert not guest.orders_anew


@pytest.mark.parametrize("nothing", [REFUSE, GiveUpPayment()], ids=lambda command: type(command).__name__)
def test_who_could_not_pay_tries_another_card(nothing: Message) -> None:
    guest = Guest()
    guest.tell(nothing)
    assert guest.orders_anew


def test_what_the_bank_does_not_pay_though_the_restaurant_took_it_at_once_can_be_ordered_anew() -> None:
    guest = Guest()
    guest.tell(ConfirmPayment(), auto=True)
    guest.tell(REFUSE)
    assert guest.orders_anew


@pytest.mark.parametrize("paid", [False, True])
def test_who_cancels_may_order_the_same_at_once(paid: bool) -> None:
    guest = Guest()
    if paid:
        guest.tell(ConfirmPayment())
    guest.tell(CancelOrder(reason="the wrong address"), caller=ID)
    assert guest.orders_anew
