"""An order that its customer cancels: once, and its coupon can be used again."""

import pytest
from msgspec.structs import replace

from agents.order.decider import DECIDER
from agents.order.policy import react
from agents.order.progress import Stage
from agents.order.projection import ORDER, ORDER_TIMELINE
from tests.agents.order.test_decider import PLACED, USER, given
from tests.agents.order.ways import ways
from tests.agents.scenario import ID, LATER, NOW, shown
from topics.contracts import discount_commands
from topics.contracts.discount_commands import ReleaseUse
from topics.contracts.order_commands import CancelOrder, TellOutcome
from topics.contracts.order_events import BasketReturned, OrderCancelled, OrderRefused
from topics.deciding.decision import Send
from topics.documents.order import OrderMoment
from topics.messages.event import EventMeta

CANCEL = CancelOrder(reason="Yanlış adres")
WITH_COUPON = replace(PLACED, coupon_code="YAZ10", discount=1_000, total=60_120)
CANCELLED = OrderCancelled(
    user_id=USER, reason="Yanlış adres", cancelled_at=LATER, coupon_code="YAZ10", restaurant_id="mahmut"
)
FORGOTTEN = BasketReturned(user_id=USER, restore=())
META = EventMeta("e", ID, 2, LATER)


def test_a_customer_cancels_the_order() -> None:
    outcome = given(WITH_COUPON).when(CANCEL, caller=USER, now=LATER)
    outcome.then(CANCELLED, FORGOTTEN).answering(
        id=ID, status="cancelled", total=60_120, message="Your order is cancelled."
    )


def test_cancelling_twice_is_fine_and_asking_again_tells_so() -> None:
    cancelled = given(WITH_COUPON, CANCELLED)
    cancelled.when(CANCEL, caller=USER).then_nothing().answering(status="cancelled")
    cancelled.when(TellOutcome(user_id=USER)).then_nothing().answering(status="cancelled")


@pytest.mark.parametrize(("stage", "seen"), [("paying", False), ("scheduled", True), ("waiting", True)])
def test_it_is_said_whether_the_restaurant_has_seen_it(stage: Stage, seen: bool) -> None:
    for way in ways(stage):
        (end, *_) = given(*way).when(CANCEL, caller=USER).decision.events
        assert isinstance(end, OrderCancelled) and end.at_restaurant == seen


@pytest.mark.parametrize("caller", ["somebody", None])
def test_nobody_else_cancels_it(caller: str | None) -> None:
    given(PLACED).when(CANCEL, caller=caller).then_rejected("not_found")


def test_an_order_that_was_never_placed_cannot_be_cancelled() -> None:
    given().when(CANCEL, caller=USER).then_rejected("not_found")
    refused = OrderRefused(user_id=USER, code="c", detail="d")
    given(refused).when(CANCEL, caller=USER).then_rejected("not_found")


def test_its_coupon_and_the_users_share_of_it_are_released() -> None:
    release = ReleaseUse(order_id=ID, user_id=USER)
    assert list(react(CANCELLED, META, DECIDER.state())) == [
        Send(discount_commands.TOPIC, "YAZ10", release),
        Send(discount_commands.TOPIC, f"YAZ10:{USER}", release, suffix=" of the share"),
    ]
    assert list(react(replace(CANCELLED, coupon_code=None), META, DECIDER.state())) == []


def test_who_cancels_is_answered_before_the_coupon_is_free_again() -> None:
    """As docs/order.md says it. To hand the answer on through the discount domain would make all who cancel wait for it."""
    outcome = given(WITH_COUPON).when(CANCEL, caller=USER).answering(status="cancelled")
    assert not outcome.decision.handed_on
    sends = [send for event in outcome.decision.events for send in react(event, META, outcome.state)]
    assert any(isinstance(send.message, ReleaseUse) for send in sends) and not any(send.answers for send in sends)


def test_it_is_shown_as_cancelled_and_the_timeline_says_when() -> None:
    assert (shown(ORDER, PLACED, CANCELLED).status, shown(ORDER, PLACED, CANCELLED).updated_at) == ("cancelled", LATER)
    assert shown(ORDER_TIMELINE, PLACED, CANCELLED).moments == (
        OrderMoment(status="placed", at=NOW, by="customer"),
        OrderMoment(status="cancelled", at=LATER, reason="Yanlış adres", by="customer"),
    )
