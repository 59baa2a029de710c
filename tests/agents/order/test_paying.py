"""What the payment says of an order, and what the order asks of it."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from agents.order.decider import DECIDER
from agents.order.policy import react
from agents.order.projection import show
from agents.order.times import Times, payment
from tests.agents.order.test_decider import LINE, USER, given, place
from tests.agents.order.ways import AT_DOOR, CONFIRMED, KNOWN, OF, PAID, accepted, sent
from tests.agents.scenario import ID, LATER, NOW, evolved
from topics.contracts import basket_commands, payment_commands
from topics.contracts.basket_commands import RestoreItems
from topics.contracts.order_commands import (
    ChallengePayment,
    ConfirmPayment,
    GiveUpPayment,
    RecordSettlement,
    RefusePayment,
    TellOutcome,
)
from topics.contracts.order_events import (
    BasketReturned,
    OrderCancelled,
    OrderDelivered,
    OrderErased,
    OrderExpired,
    OrderPickedUp,
    OrderPlaced,
    OrderSentToKitchen,
    PaymentChallenged,
    PaymentRefused,
    PaymentSettled,
)
from topics.contracts.payment_commands import Authorize, Capture, Refund, SettleAtDoor, Void
from topics.messages.event import EventMeta

EARLIER = NOW - timedelta(hours=1)
URL = "https://bank.example/3ds"
REFUSE = RefusePayment(code="card_declined", detail="your bank declined the card")
END = OrderCancelled(user_id=USER, reason="Yanlış adres", cancelled_at=NOW, restaurant_id="mahmut")


def asked(*events: Any) -> list[Any]:
    """What the last event asks of the payment."""
    state = evolved(DECIDER, DECIDER.state(), events)
    sends = react(events[-1], EventMeta("e", ID, len(events), NOW), state)
    return [send.message for send in sends if send.topic is payment_commands.TOPIC]


def test_a_checkout_is_answered_as_placed_and_its_payment_is_asked_for() -> None:
    wish = place(("kebap", 2), payment_method="credit_card", card="tok_success")
    outcome = given().when(wish, facts=KNOWN).answering(status="placed", payment_status="pending")
    (placed,) = outcome.decision.events
    assert isinstance(placed, OrderPlaced)
    authorize = Authorize(
        user_id=USER, restaurant_id="mahmut", amount=placed.total, method="credit_card", card="tok_success"
    )
    assert asked(placed) == [authorize]
    outcome.setting(payment(NOW + Times().payment))
    assert outcome.state.placed.card is None, "the card stays nowhere"


def test_a_paid_order_goes_to_the_kitchen_once() -> None:
    outcome = given(PAID).when(ConfirmPayment(), facts=KNOWN).answering(status="placed", payment_status="authorized")
    confirmed, ticket = outcome.decision.events
    assert confirmed == CONFIRMED and isinstance(ticket, OrderSentToKitchen)
    given(PAID, confirmed, ticket).when(ConfirmPayment(), facts=KNOWN).then_nothing()


def test_a_refused_payment_ends_the_order_and_the_basket_comes_back() -> None:
    outcome = given(PAID).when(REFUSE, caller=None)
    refused, cancelled, basket = outcome.decision.events
    assert refused == PaymentRefused(**OF, code=REFUSE.code, detail=REFUSE.detail)
    assert (cancelled.by, cancelled.reason, basket.restore) == ("system", REFUSE.detail, (LINE,))
    outcome.answering(status="cancelled", payment_status="failed", reason=REFUSE.detail)
    sends = list(react(basket, EventMeta("e", ID, 4, NOW), outcome.state))
    (back,) = [send for send in sends if send.topic is basket_commands.TOPIC]
    assert back.message == RestoreItems(order_id=ID, lines=(LINE,)) and back.key == USER
    assert asked(PAID, refused, cancelled) == [], "there is nothing to give back"
    assert outcome.state.placed.restore == (), "the lines are in the basket, and nowhere else"


def test_what_was_in_the_basket_is_kept_while_the_bank_asks_the_customer() -> None:
    (*_, basket) = given(PAID, PaymentChallenged(**OF, url=URL)).when(REFUSE, caller=None).decision.events
    assert isinstance(basket, BasketReturned) and basket.restore == (LINE,)


def test_the_coupon_of_the_basket_comes_back_where_no_line_does() -> None:
    placed = replace(PAID, restore=(), restore_coupon="YAZ10")
    basket = given(placed).when(REFUSE, caller=None).decision.events[-1]
    assert basket == BasketReturned(user_id=USER, restore=(), restore_coupon="YAZ10")
    assert given(placed, CONFIRMED, sent(placed)).state.placed.restore_coupon is None, "nobody asks for it any more"


def test_nobody_says_whether_it_is_paid() -> None:
    expired, basket = given(PAID).when(GiveUpPayment(), caller=None).decision.events
    assert isinstance(expired, OrderExpired) and isinstance(basket, BasketReturned)
    assert asked(PAID, expired) == [Void(reason="order expired")], "should it be paid after all, it is given back"


def test_the_customers_bank_asks_and_there_is_as_long_again_once() -> None:
    outcome = given(PAID).when(ChallengePayment(url=URL), caller=None, now=LATER)
    outcome.then(PaymentChallenged(**{**OF, "at": LATER}, url=URL)).setting(payment(LATER + Times().payment))
    outcome.answering(payment_status="challenged", payment_url=URL, status="placed")
    challenged = outcome.decision.events[0]
    given(PAID, challenged).when(ChallengePayment(url=URL), caller=None).then_nothing().setting()
    given(PAID, challenged).when(ChallengePayment(url=URL + "/2"), caller=None).setting()
    given(PAID, challenged).when(ConfirmPayment(), facts=KNOWN).answering(payment_url=None)


def test_it_is_captured_when_the_restaurant_accepts_and_only_then() -> None:
    way = (PAID, CONFIRMED, sent(PAID))
    assert asked(*way) == []
    assert asked(*way, accepted(PAID)) == [Capture()]
    at_door = (AT_DOOR, replace(CONFIRMED, method="cash"), sent(AT_DOOR), accepted(AT_DOOR))
    assert asked(*at_door) == []
    assert asked(*at_door, OrderDelivered(user_id=USER, restaurant_id="mahmut", delivered_at=NOW)) == [SettleAtDoor()]


@pytest.mark.parametrize("placed", [PAID, AT_DOOR])
def test_an_order_that_ends_gives_the_money_back_and_tells_nobody_the_reason(placed: OrderPlaced) -> None:
    waits = (placed, CONFIRMED, sent(placed))
    assert asked(placed, END) == asked(*waits, END) == [Void(reason="order cancelled")]
    back = Refund if placed is PAID else Void
    assert asked(*waits, accepted(placed), END) == [back(reason="order cancelled")]


def test_a_capture_that_the_bank_refuses_ends_the_order_unless_it_is_on_its_way() -> None:
    cooks = (PAID, CONFIRMED, sent(PAID), accepted(PAID))
    outcome = given(*cooks).when(REFUSE, caller=None)
    assert [type(event) for event in outcome.decision.events] == [PaymentRefused, OrderCancelled, BasketReturned]
    assert outcome.decision.events[-1] == BasketReturned(user_id=USER, restore=()), (
        "what was just placed comes back, no other"
    )
    had = (*cooks, OrderDelivered(user_id=USER, restaurant_id="mahmut", delivered_at=NOW))
    outcome = given(*had).when(REFUSE, caller=None).answering(status="delivered", payment_status="failed")
    assert [type(event) for event in outcome.decision.events] == [PaymentRefused]


def test_what_becomes_of_the_money_is_noted_once_and_refunds_one_by_one() -> None:
    captured = PaymentSettled(**OF, kind="captured", amount=61_120)
    cooks = (PAID, CONFIRMED, sent(PAID), accepted(PAID))
    capture = RecordSettlement(kind="captured", amount=61_120)
    given(*cooks).when(capture, caller=None).then(captured).answering(status="accepted", payment_status="captured")
    given(*cooks, captured).when(capture, caller=None).then_nothing()
    part = RecordSettlement(kind="refunded", amount=1_000)
    refunded = PaymentSettled(**OF, kind="refunded", amount=1_000)
    given(*cooks, captured).when(part, caller=None).then(refunded)
    given(*cooks, captured, refunded).when(part, caller=None).then(refunded)


def test_an_order_counts_what_is_paid_back_and_is_refunded_when_it_is_all() -> None:
    captured = PaymentSettled(**OF, kind="captured", amount=PAID.total)
    part = PaymentSettled(**OF, kind="refunded", amount=1_000)
    rest = PaymentSettled(**OF, kind="refunded", amount=PAID.total - 1_000)
    shown, paid_back = None, []
    for version, event in enumerate((PAID, CONFIRMED, captured, part, rest), 1):
        shown = show(shown, event, EventMeta("e", ID, version, NOW)).document
        assert shown is not None
        paid_back.append((shown.payment_status, shown.refunded))
    assert paid_back[2:] == [("captured", 0), ("captured", 1_000), ("refunded", PAID.total)]
    taken = given(PAID, CONFIRMED, captured, part)
    taken.when(RecordSettlement(kind="refunded", amount=PAID.total - 1_000), caller=None).then(rest).answering(
        payment_status="refunded", refunded=PAID.total
    )
    given(PAID, CONFIRMED, captured).when(RecordSettlement(kind="refunded", amount=1_000), caller=None).answering(
        payment_status="captured", refunded=1_000
    )


@pytest.mark.parametrize(
    "had",
    [
        OrderDelivered(user_id=USER, restaurant_id="mahmut", delivered_at=EARLIER),
        OrderPickedUp(user_id=USER, restaurant_id="mahmut", at=EARLIER, by="owner"),
    ],
    ids=lambda had: type(had).__name__,
)
def test_a_refund_of_what_was_sold_says_when_that_was(had: OrderDelivered | OrderPickedUp) -> None:
    captured = PaymentSettled(**OF, kind="captured", amount=61_120)
    sold = (PAID, CONFIRMED, sent(PAID), accepted(PAID), captured, had)
    refunded = PaymentSettled(**OF, kind="refunded", amount=1_000, sold_at=EARLIER)
    part = RecordSettlement(kind="refunded", amount=1_000)
    given(*sold).when(part, caller=None).then(refunded)
    given(*sold, refunded).when(part, caller=None).then(refunded)
    erased = OrderErased(user_id=USER, previous_order_id=None)
    given(*sold, erased).when(part, caller=None).then(refunded)


def test_who_asks_again_for_the_checkout_is_told_how_it_stands() -> None:
    given(PAID, END).when(TellOutcome(user_id=USER)).answering(status="cancelled")
