"""An order and its restaurant: when it comes to the kitchen, what the restaurant says, and what is done where it is silent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from agents.order import money
from agents.order.facts import Facts
from agents.order.projection import MOST_MOMENTS, ORDER_TIMELINE
from agents.order.times import MOST_DELAYS, Times, answer, completion, expiry, kitchen
from tests.agents.order.test_decider import USER, facts, given
from tests.agents.order.ways import (
    AUTO,
    CLOSED,
    CONFIRMED,
    KNOWN,
    LATER_TODAY,
    OF,
    OVER,
    OWNER,
    PAID,
    PAUSED,
    PICKUP,
    READY,
    SCHEDULED,
    TODAY,
    accepted,
    sent,
)  # fmt: skip
from tests.agents.scenario import ID, LATER, NOW, Outcome, shown
from topics.contracts.order_commands import (
    AcceptOrder,
    CancelOrder,
    Command,
    ConfirmPayment,
    DelayOrder,
    ExpireOrder,
    ExpireTicket,
    ReadyOrder,
    RejectOrder,
    ReleaseScheduled,
    RemindKitchen,
)
from topics.contracts.order_events import (
    KitchenReminded,
    OrderAccepted,
    OrderDelayed,
    OrderExpired,
    OrderPlaced,
    OrderRejected,
    OrderScheduled,
    OrderSentToKitchen,
    SlotReturned,
)
from topics.contracts.payment_commands import Void
from topics.messages.event import EventMeta

WAITS = (PAID, CONFIRMED, sent(PAID))
COOKS = (*WAITS, accepted(PAID))
LATER_WAITS = (LATER_TODAY, CONFIRMED, SCHEDULED)


def kitchens(kind: type[Any], **said: Any) -> Any:
    return kind(restaurant_id="mahmut", **said)


# -- when it comes to the kitchen


def test_the_ticket_says_all_that_a_kitchen_needs_and_the_order_waits_for_its_answer() -> None:
    outcome = given(PAID).when(ConfirmPayment(), facts=KNOWN)
    ticket = outcome.decision.events[1]
    assert isinstance(ticket, OrderSentToKitchen)
    assert (ticket.items, ticket.note, ticket.due_at, ticket.delivery, ticket.auto) == (
        PAID.items,
        None,
        None,
        True,
        False,
    )
    assert ticket.expires_at == NOW + timedelta(minutes=5)
    outcome.setting(*answer(NOW, Times())).answering(sent_at="2026-03-01T18:30:00Z")


# NOW is Sunday 2026-03-01, 21:30 in Istanbul; a restaurant takes 30 minutes.
@pytest.mark.parametrize(
    ("said", "hours", "due", "begins"),
    [
        ("2026-03-01T23:30", {}, "2026-03-01T20:30", "2026-03-01T20:00"),
        ("2026-03-01T22:00:00+03:00", {}, None, None),
        ("2026-03-02", {"mon": "11:00-22:00"}, "2026-03-02T08:30", "2026-03-02T08:00"),
        ("2026-03-02", {}, "2026-03-01T21:30", "2026-03-01T21:00"),
        ("2026-03-01", {}, None, None),
        ("2026-03-01", {"sun": "22:00-23:00"}, "2026-03-01T19:30", "2026-03-01T19:00"),
        ("2026-03-02", {"sun": "22:00-02:00", "mon": "11:00-22:00"}, "2026-03-02T08:30", "2026-03-02T08:00"),
        ("2026-03-02", {"sun": "22:00-02:00"}, "2026-03-01T21:30", "2026-03-01T21:00"),
    ],
)
def test_a_scheduled_order_waits_for_its_time_less_its_preparation(
    said: str, hours: dict[str, str], due: str | None, begins: str | None
) -> None:
    known = facts(owner_id=OWNER, opening_hours=hours)
    outcome = given(replace(PAID, schedule_date=said)).when(ConfirmPayment(), facts=known)
    event = outcome.decision.events[1]
    if due is None or begins is None:
        assert isinstance(event, OrderSentToKitchen)
        return
    assert isinstance(event, OrderScheduled)
    at = datetime.fromisoformat(begins).replace(tzinfo=UTC)
    assert (event.due_at, event.kitchen_at) == (datetime.fromisoformat(due).replace(tzinfo=UTC), at)
    outcome.setting(kitchen(at)).answering(status="placed", sent_at=None)


# -- a mere day: 21:30 is NOW


@pytest.mark.parametrize("auto", [True, False])
def test_an_order_for_today_waits_for_the_end_of_a_pause(auto: bool) -> None:
    until = NOW + timedelta(hours=1)
    known = facts(owner_id=OWNER, paused_until=until, auto_accept=auto)
    outcome = given(TODAY).when(ConfirmPayment(), facts=known)
    outcome.then(CONFIRMED, OrderScheduled(**OF, due_at=until + timedelta(minutes=30), kitchen_at=until))
    outcome.setting(kitchen(until))


def test_released_into_a_pause_it_waits_once_more_and_the_restaurant_sees_when_it_is_wanted() -> None:
    until = NOW + timedelta(hours=1)
    outcome = given(TODAY, CONFIRMED, SCHEDULED).when(ReleaseScheduled(), facts=PAUSED, caller=None)
    again = OrderScheduled(**OF, due_at=until + timedelta(minutes=30), kitchen_at=until)
    outcome.then(again).setting(kitchen(until)).answering(status="placed", due_at="2026-03-01T20:00:00Z")
    for known in (PAUSED, KNOWN):
        ticket, *_ = (
            given(TODAY, CONFIRMED, SCHEDULED, again)
            .when(ReleaseScheduled(), facts=known, caller=None, now=until)
            .decision.events
        )
        assert isinstance(ticket, OrderSentToKitchen) and ticket.due_at == again.due_at


def test_hours_that_begin_later_than_they_did_move_it_too() -> None:
    known = facts(owner_id=OWNER, opening_hours={"sun": "22:00-23:00"})
    outcome = given(TODAY, CONFIRMED, SCHEDULED).when(ReleaseScheduled(), facts=known, caller=None)
    outcome.setting(kitchen(NOW + timedelta(minutes=30)))


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (OVER, "the restaurant is closed at that time"),
        (facts(opening_hours={"sun": "09:00-21:00", "mon": "09:00-21:00"}), "the restaurant is closed at that time"),
        (
            facts(opening_hours={"sun": "09:00-22:00"}, paused_until=NOW + timedelta(hours=1)),
            "the restaurant is closed",
        ),
        (facts(paused_until=NOW + timedelta(hours=4)), "the restaurant takes a break"),
    ],
)
def test_an_order_ends_where_its_day_is_over_when_it_is_paid(known: Facts, why: str) -> None:
    placed = replace(TODAY, slot=NOW, coupon_code="YAZ10")
    paid = given(placed).when(ConfirmPayment(), facts=known).answering(status="rejected")
    assert paid.decision.cancels == ("payment",) and paid.decision.timers == ()
    confirmed, rejected, returned = paid.decision.events
    assert (confirmed, returned) == (CONFIRMED, SlotReturned(restaurant_id="mahmut", slot=NOW))
    assert isinstance(rejected, OrderRejected) and (rejected.by, rejected.coupon_code) == ("system", "YAZ10")
    assert rejected.reason.startswith(why)
    (void,) = money.asked(rejected, EventMeta("e", ID, 3, NOW), paid.state)
    assert isinstance(void.message, Void), "it is paid back"


def test_paid_after_midnight_it_is_cooked_while_the_evening_goes_on_and_no_longer() -> None:
    after_midnight = NOW + timedelta(hours=3)
    night, day = (
        facts(opening_hours={"sun": "20:00-02:00"}),
        facts(opening_hours={"sun": "20:00-24:00", "mon": "09:00-21:00"}),
    )
    for known, kind in ((night, OrderSentToKitchen), (day, OrderRejected)):
        events = given(TODAY).when(ConfirmPayment(), facts=known, now=after_midnight).decision.events
        assert isinstance(events[1], kind)


def test_at_its_time_it_is_checked_again() -> None:
    ticket = given(*LATER_WAITS).when(ReleaseScheduled(), facts=KNOWN, caller=None).decision.events[0]
    assert isinstance(ticket, OrderSentToKitchen) and ticket.due_at == SCHEDULED.due_at
    for known, why in (
        (CLOSED, "the restaurant takes no orders now"),
        (facts(paused_until=NOW + timedelta(days=1)), "the restaurant takes a break"),
        (facts(opening_hours={"mon": "11:00-22:00"}), "the restaurant is closed"),
    ):
        (event,) = given(*LATER_WAITS).when(ReleaseScheduled(), facts=known, caller=None).decision.events
        assert isinstance(event, OrderRejected) and event.reason.startswith(why) and event.by == "system"


def test_a_meal_that_is_sold_out_meanwhile_is_named() -> None:
    known = facts()
    sold_out = {name: replace(meal, is_available=name != "ayran") for name, meal in known.meals.items()}
    gone = type(known)(meals=sold_out, restaurants=known.restaurants)
    (event,) = given(*LATER_WAITS).when(ReleaseScheduled(), facts=gone, caller=None).decision.events
    assert isinstance(event, OrderRejected) and event.reason == "not on sale any more: Dish for 3010"


def test_a_restaurant_may_accept_all_orders_at_once() -> None:
    outcome = given(PAID).when(ConfirmPayment(), facts=AUTO)
    _, ticket, accepted_at_once = outcome.decision.events
    assert ticket.auto and (accepted_at_once.by, accepted_at_once.prep_time) == ("auto", 30)
    outcome.setting(completion(NOW + timedelta(minutes=30) + Times().completion)).answering(status="accepted")


@pytest.mark.parametrize(
    "changed",
    [
        {"opening_hours": {"sun": "09:00-21:00"}},
        {"days_off": (NOW.date(),)},
        {"paused_until": NOW + timedelta(minutes=1)},
        {"is_open": False},
    ],
    ids=str,
)
@pytest.mark.parametrize("said", [None, "2026-03-01T21:20"])
def test_a_restaurant_that_has_closed_or_paused_meanwhile_accepts_nothing_by_itself(
    changed: dict[str, Any], said: str | None
) -> None:
    """What was wanted for 21:20 is wanted now: it is 21:30."""
    known = facts(owner_id=OWNER, auto_accept=True, **changed)
    outcome = given(replace(PAID, schedule_date=said)).when(ConfirmPayment(), facts=known)
    _, ticket = outcome.decision.events
    assert isinstance(ticket, OrderSentToKitchen) and not ticket.auto
    outcome.setting(*answer(NOW, Times())).answering(status="placed")


def test_an_order_for_when_it_opens_is_accepted_while_it_is_closed() -> None:
    known = facts(owner_id=OWNER, auto_accept=True, opening_hours={"sun": "22:00-23:00"})
    outcome = given(replace(PAID, schedule_date="2026-03-01T22:00")).when(ConfirmPayment(), facts=known)
    outcome.answering(status="accepted")


# -- nobody answers


def test_the_kitchen_is_reminded_and_then_the_order_expires_once() -> None:
    reminded = KitchenReminded(**{**OF, "at": LATER}, expires_at=NOW + Times().answer)
    given(*WAITS).when(RemindKitchen(), caller=None, now=LATER).then(reminded)
    expired = OrderExpired(**OF, by="system", reason="the restaurant did not answer in time")
    for command in (ExpireOrder(), kitchens(ExpireTicket)):
        given(*WAITS).when(command, caller=None).then(expired)
        given(*WAITS, expired).when(command, caller=None).then_nothing().answering(status="expired")
        given(*COOKS).when(command, caller=None).then_nothing()


# -- the restaurant answers


def test_owner_and_kitchen_accept_with_their_time_or_the_usual_one() -> None:
    for caller, command, by, minutes in (
        (OWNER, AcceptOrder(prep_time=25), "owner", 25),
        (None, kitchens(AcceptOrder), "kitchen", 30),
    ):
        outcome = given(*WAITS).when(command, caller=caller, facts=KNOWN)
        ready_at = NOW + timedelta(minutes=minutes)
        outcome.then(OrderAccepted(**OF, by=by, prep_time=minutes, ready_at=ready_at, delivery=True))
        outcome.setting(completion(ready_at + Times().completion)).answering(status="accepted")
        assert set(outcome.decision.cancels) == {"reminder", "expiry"}


ACTS: tuple[Command, ...] = (
    AcceptOrder(), RejectOrder(reason="no bread"), DelayOrder(minutes=5, reason="rain"), ReadyOrder(), ExpireTicket(),
)  # fmt: skip


@pytest.mark.parametrize("act", ACTS, ids=lambda act: type(act).__name__)
@pytest.mark.parametrize(("caller", "kitchen_of"), [("another", None), (USER, "mahmut"), (None, "tokyo"), (None, None)])
def test_nobody_else_answers(act: Any, caller: str | None, kitchen_of: str | None) -> None:
    def said(*events: Any) -> Outcome:
        command = replace(act, restaurant_id=kitchen_of)
        return given(*events).when(command, caller=caller, facts=KNOWN).then_rejected("not_found")

    assert said(*WAITS).decision == said(*COOKS).decision == said().decision, "they are not told that there is one"


def test_an_answer_that_comes_too_late_is_told_how_the_order_stands() -> None:
    expired = OrderExpired(**OF, by="system", reason="no answer")
    outcome = given(*WAITS, expired).when(kitchens(AcceptOrder), caller=None).then_rejected("order_expired")
    assert outcome.decision.rejection is not None
    assert outcome.decision.rejection.more == {"order_status": "expired"}


@pytest.mark.parametrize(("by", "caller"), [("owner", OWNER), ("kitchen", None)])
def test_a_rejected_order_says_why_and_gives_the_coupon_back(by: Any, caller: str | None) -> None:
    placed = replace(PAID, coupon_code="YAZ10")
    rejected = OrderRejected(**OF, by=by, reason="no bread", coupon_code="YAZ10")
    command = RejectOrder(reason="no bread", restaurant_id=None if caller else "mahmut")
    outcome = given(placed, CONFIRMED, sent(placed)).when(command, caller=caller, facts=KNOWN).then(rejected)
    outcome.answering(status="rejected", reason="no bread")
    given(placed, CONFIRMED, sent(placed), rejected).when(command, caller=caller, facts=KNOWN).then_nothing()


def test_a_delay_moves_the_time_and_all_that_waits_for_it_and_there_are_so_many() -> None:
    delay = DelayOrder(minutes=10, reason="the oven is full")
    outcome = given(*COOKS).when(delay, caller=OWNER, facts=KNOWN, now=LATER)
    ready_at = NOW + timedelta(minutes=40)
    delayed = OrderDelayed(**{**OF, "at": LATER}, by="owner", minutes=10, reason="the oven is full", ready_at=ready_at)
    outcome.then(delayed).setting(completion(ready_at + Times().completion)).answering(status="accepted")
    given(*COOKS, *[delayed] * MOST_DELAYS).when(delay, caller=OWNER, facts=KNOWN).then_rejected("too_many_delays")
    moments = shown(ORDER_TIMELINE, *COOKS, *[delayed] * MOST_DELAYS).moments
    assert (moments[-1].status, moments[-1].reason, moments[-1].ready_at) == ("accepted", delayed.reason, ready_at)
    assert len(moments) < MOST_MOMENTS


def test_a_kitchen_that_says_ready_twice_changes_nothing_twice() -> None:
    given(*COOKS).when(kitchens(ReadyOrder), caller=None).then(READY)
    given(*COOKS, READY).when(kitchens(ReadyOrder), caller=None).then_nothing().answering(status="ready")
    given(PICKUP, CONFIRMED, sent(PICKUP), accepted(PICKUP)).when(kitchens(ReadyOrder), caller=None).then(
        replace(READY, delivery=False)
    )


# -- who may cancel


@pytest.mark.parametrize("way", [(PAID,), LATER_WAITS, WAITS])
def test_a_customer_cancels_while_nobody_cooks(way: tuple[Any, ...]) -> None:
    outcome = given(*way).when(CancelOrder(reason="x"), caller=USER, facts=KNOWN).answering(status="cancelled")
    assert outcome.decision.events[0].by == "customer"


def test_then_only_the_owner_does_and_not_once_it_is_delivered() -> None:
    given(*COOKS).when(CancelOrder(reason="x"), caller=USER, facts=KNOWN).then_rejected("order_accepted")
    outcome = given(*COOKS).when(CancelOrder(reason="no gas"), caller=OWNER, facts=KNOWN)
    assert (outcome.decision.events[0].by, outcome.decision.cancels) == ("owner", ("completion",))
    given(*COOKS).when(CancelOrder(reason="x"), caller="another", facts=KNOWN).then_rejected("not_found")


def test_an_old_order_is_accepted_and_no_money_moves() -> None:
    old: OrderPlaced = replace(PAID, pay_by=None, card=None, restore=())
    outcome = (
        given(old).when(AcceptOrder(), caller=OWNER, facts=KNOWN).answering(status="accepted", payment_status=None)
    )
    assert outcome.decision.cancels == ("expiry",)
    given(old).when(ExpireOrder(), caller=None).answering(status="expired")
    assert expiry(NOW).command == ExpireOrder()
