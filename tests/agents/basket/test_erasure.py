"""The basket of a user who is erased: empty for ever. Their newest order is told, whatever became of it."""

import pytest

from agents.basket.contents import Contents
from agents.basket.decider import DECIDER
from agents.basket.policy import erase, react
from agents.basket.projection import BASKET, BASKET_COUPON
from tests.agents import scenario
from tests.agents.basket.test_decider import AYRAN, KEBAP, MENU, line
from tests.agents.scenario import ID, NOW, shown
from topics.contracts import basket_commands, order_commands
from topics.contracts.basket_commands import (
    AddItem,
    ApplyCoupon,
    Checkout,
    CheckoutItem,
    Clear,
    EraseBasket,
    Refusal,
    RestoreItems,
    TakeOver,
)
from topics.contracts.basket_events import (
    BasketErased,
    CheckedOut,
    CouponApplied,
    LineSet,
    LinesRestored,
    TakeOverRefused,
)
from topics.contracts.order_commands import EraseOrder, PlaceOrder
from topics.contracts.user_erased import UserErased
from topics.deciding.decision import Origin, Send
from topics.messages.event import EventMeta
from topics.messages.ids import of_anonymous
from topics.messages.message import Message

META = EventMeta("e", ID, 3, NOW)
FILLED = (LineSet(line=line(KEBAP, note="az acılı")), CouponApplied(code="YAZ10"))


def checked_out(order_id: str, previous: str | None = None) -> CheckedOut:
    return CheckedOut(
        order_id=order_id, restaurant_id="mahmut", items=(), cleared=(), payment_method="cash", at=NOW,
        previous_order_id=previous,
    )  # fmt: skip


def test_everything_in_it_goes() -> None:
    outcome = scenario.given(DECIDER, *FILLED).when(EraseBasket(), caller=None)
    outcome.then(BasketErased(newest_order_id=None))
    assert outcome.state == Contents(erased=True)
    for view in (BASKET, BASKET_COUPON):
        assert shown(view, *FILLED, BasketErased(newest_order_id=None)) is None


def test_erasing_twice_changes_nothing() -> None:
    scenario.given(DECIDER, BasketErased(newest_order_id="o-1")).when(EraseBasket(), caller=None).then_nothing()


LATE: tuple[Message, ...] = (
    AddItem(meal_id=KEBAP, quantity=1),
    ApplyCoupon(code="YAZ10", user_id=ID),
    Checkout(payment_method="cash", items=(CheckoutItem(meal_id=KEBAP, quantity=1),)),
    Clear(),
    RestoreItems(order_id="o-1", lines=(line(KEBAP),)),
)


@pytest.mark.parametrize("command", LATE, ids=lambda command: type(command).__name__)
def test_what_comes_late_is_not_taken_in(command: Message) -> None:
    erased = scenario.given(DECIDER, BasketErased(newest_order_id=None))
    erased.when(command, facts=MENU).then_rejected("not_found")


def test_an_order_that_is_refused_late_says_why_and_brings_nothing_back() -> None:
    erased = scenario.given(DECIDER, BasketErased(newest_order_id="o-1"))
    restore = RestoreItems(
        order_id="o-1", lines=(line(KEBAP),), refusal=Refusal(code="restaurant_closed", detail="closed")
    )
    erased.when(restore, caller=None).then_rejected("restaurant_closed")


def test_an_anonymous_basket_that_comes_late_gets_its_lines_back() -> None:
    take = TakeOver(anonymous_id=of_anonymous("c-1"), strategy="add_quantities", lines=(line(AYRAN),))
    outcome = scenario.given(DECIDER, BasketErased(newest_order_id=None)).when(take).handed_on()
    (refused,) = outcome.decision.events
    assert isinstance(refused, TakeOverRefused) and refused.lines == (line(AYRAN),) and refused.code == "not_found"
    assert outcome.state.refused is None or outcome.state.lines == {}


def test_each_checkout_names_the_one_before_it_also_where_that_was_refused() -> None:
    checkout = Checkout(payment_method="cash", items=(CheckoutItem(meal_id=KEBAP, quantity=1),), keyed=True)
    refused = (checked_out("o-1"), LinesRestored(order_id="o-1", lines=()))
    outcome = scenario.given(DECIDER, *refused).when(checkout, facts=MENU).handed_on()
    (event,) = outcome.decision.events
    assert isinstance(event, CheckedOut) and event.previous_order_id == "o-1"
    (sent,) = react(event, META, outcome.state)
    assert isinstance(sent.message, PlaceOrder) and sent.message.previous_order_id == "o-1"
    outcome = scenario.Given(DECIDER, outcome.state).when(EraseBasket(), caller=None)
    outcome.then(BasketErased(newest_order_id=event.order_id))


def test_the_newest_order_is_told() -> None:
    told = Send(order_commands.TOPIC, "o-2", EraseOrder(user_id=ID))
    assert list(react(BasketErased(newest_order_id="o-2"), META, Contents(erased=True))) == [told]
    assert list(react(BasketErased(newest_order_id=None), META, Contents(erased=True))) == []


def test_an_erased_account_erases_its_basket_and_no_anonymous_one() -> None:
    origin = Origin(id="m-1", source="lezzet/auth", at=NOW, key="a key not to be trusted")
    assert list(erase(UserErased(user_id=ID, erased_at=NOW), origin)) == [
        Send(basket_commands.TOPIC, ID, EraseBasket())
    ]
    assert list(erase(UserErased(user_id=of_anonymous("c-1"), erased_at=NOW), origin)) == []
