"""What stays of the orders of a user who is erased: what an invoice needs, and nothing that is shown."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from agents.order.decider import DECIDER
from agents.order.policy import react
from agents.order.progress import Progress
from agents.order.projection import ORDER, ORDER_TIMELINE
from tests.agents.order.test_decider import HOME, LINE, PLACED, USER, given
from tests.agents.scenario import ID, LATER, NOW, Given, shown
from topics.contracts import order_commands
from topics.contracts.order_commands import CancelOrder, ConfirmCoupon, EraseOrder, RefuseCoupon
from topics.contracts.order_events import OrderCancelled, OrderDrafted, OrderErased, OrderRefused
from topics.deciding.decision import Send
from topics.messages.event import EventMeta
from topics.messages.message import Message

ERASE = EraseOrder(user_id=USER)
ERASED = OrderErased(user_id=USER, previous_order_id="o-0")
NOTED = replace(
    PLACED, items=tuple(replace(item, note="az acılı") for item in PLACED.items), note="zile basmayın",
    previous_order_id="o-0",
)  # fmt: skip
CANCELLED = OrderCancelled(user_id=USER, reason="taşındım", cancelled_at=NOW)
DRAFTED = OrderDrafted(order=replace(NOTED, coupon_code="YAZ10"), restore=(replace(LINE, note="acele"),))
REFUSED = OrderRefused(user_id=USER, code="c", detail="d", more={"x": "acele"}, previous_order_id="o-0")
PERSONAL = (HOME.address, "az acılı", "zile basmayın", "taşındım", "acele", "a-1")


@pytest.mark.parametrize("before", [(NOTED,), (NOTED, CANCELLED), (DRAFTED,), (REFUSED,)], ids=str)
def test_notes_reasons_and_the_address_go_and_the_sale_stays(before: tuple[Message, ...]) -> None:
    outcome = given(*before).when(ERASE, caller=None).then(ERASED)
    left = msgspec.json.encode(outcome.state).decode()
    assert not [each for each in PERSONAL if each in left]
    state = outcome.state
    order = state.placed or (state.drafted and state.drafted.order)
    if order is not None:
        assert (order.user_id, order.total, order.placed_at) == (USER, NOTED.total, NOTED.placed_at)
        assert [item.name for item in order.items] == [item.name for item in NOTED.items]


@pytest.mark.parametrize("before", [(), (NOTED, ERASED), (REFUSED, ERASED)], ids=str)
def test_an_unknown_or_erased_order_is_left_as_it_is(before: tuple[Message, ...]) -> None:
    given(*before).when(ERASE, caller=None).then_nothing()


def test_an_order_of_somebody_else_is_left_as_it_is() -> None:
    given(NOTED).when(EraseOrder(user_id="somebody"), caller=None).then_nothing()


def test_no_view_shows_it() -> None:
    for view in (ORDER, ORDER_TIMELINE):
        assert shown(view, NOTED, CANCELLED, ERASED) is None


def test_it_cannot_be_cancelled_any_more() -> None:
    given(NOTED, ERASED).when(CancelOrder(reason="x"), caller=USER).then_rejected("not_found")


def test_the_one_before_it_is_told() -> None:
    meta = EventMeta("e", ID, 2, LATER)
    assert list(react(ERASED, meta, Progress())) == [Send(order_commands.TOPIC, "o-0", ERASE)]
    first = OrderErased(user_id=USER, previous_order_id=None)
    assert list(react(first, meta, Progress())) == []


def test_one_that_waits_for_its_coupon_is_placed_without_them_and_ends_at_once() -> None:
    outcome = given(DRAFTED, ERASED).when(ConfirmCoupon(), caller=None, now=LATER)
    placed, cancelled, erased = outcome.decision.events
    assert (outcome.state.stage, placed.pay_by) == ("cancelled", None), "nobody is asked for money"
    assert isinstance(cancelled, OrderCancelled) and cancelled.coupon_code == "YAZ10", "its use is given back"
    assert erased == ERASED and outcome.state.erased
    assert not [each for each in PERSONAL if each in msgspec.json.encode(placed).decode()]
    assert shown(ORDER, DRAFTED, ERASED, placed, cancelled, erased) is None


def test_one_whose_coupon_is_refused_gives_no_lines_back() -> None:
    refuse = RefuseCoupon(code="coupon_used_up", detail="no use is left")
    outcome = given(DRAFTED, ERASED).when(refuse, caller=None).handed_on()
    (refused,) = outcome.decision.events
    assert isinstance(refused, OrderRefused) and refused.restore == ()


def test_refusals_name_the_checkout_before_them_too() -> None:
    chain: Any = Given(DECIDER, DECIDER.state())
    refused = chain.when(
        order_commands.PlaceOrder(
            user_id=USER, restaurant_id="closed", items=(), payment_method="cash", previous_order_id="o-0"
        )
    ).handed_on()
    assert refused.decision.events[0].previous_order_id == "o-0"
    Given(DECIDER, refused.state).when(ERASE, caller=None).then(ERASED)
