"""Where a restaurant takes so many orders in a quarter of an hour, an order reserves its slot before it is placed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from agents.order.decider import DECIDER
from agents.order.policy import react
from agents.order.times import Times, reservation
from tests.agents import scenario
from tests.agents.order.test_decider import LINE, PLACED, USER, facts, given, paid_for, place, then_refused
from tests.agents.scenario import ID, NOW
from topics.contracts import discount_commands, restaurant_commands
from topics.contracts.order_commands import (
    CancelOrder,
    ConfirmCoupon,
    ConfirmSlot,
    EraseOrder,
    GiveUpReservation,
    RefuseCoupon,
    RefuseSlot,
    TellOutcome,
)
from topics.contracts.order_events import (
    BasketReturned,
    CouponReturned,
    OrderCancelled,
    OrderDrafted,
    OrderErased,
    OrderPlaced,
    OrderRefused,
    OutcomeAwaited,
    SlotAwaited,
    SlotHeld,
    SlotReturned,
)
from topics.contracts.restaurant_commands import AskSlot, ReleaseSlot, ReserveSlot
from topics.messages.event import EventMeta

SLOT = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
ORDER = replace(PLACED, slot=SLOT)
DRAFTED = OrderDrafted(order=ORDER, restore=(LINE,), slot_limit=2)
WITH_COUPON = replace(DRAFTED, order=replace(ORDER, coupon_code="YAZ10"))
RETURNED = SlotReturned(restaurant_id="mahmut", slot=SLOT)
DAY = "mahmut:slots:2026-03-01"


def sent(event: Any, *before: Any) -> list[tuple[str, str, Any, bool]]:
    state = scenario.evolved(DECIDER, DECIDER.state(), (*before, event))
    found = react(event, EventMeta("event", ID, len(before) + 1, NOW), state)
    return [(each.topic.name, each.key, each.message, each.answers) for each in found]


def test_an_order_waits_for_its_slot_and_is_placed_with_it() -> None:
    wished = given().when(place(("kebap", 2), ("ayran", 3)), facts=facts(orders_per_slot=2))
    wished.handed_on().then(DRAFTED)
    reserve = ReserveSlot(order_id=ID, slot=SLOT, limit=2)
    assert sent(DRAFTED) == [(restaurant_commands.TOPIC.name, DAY, reserve, True)]
    given(DRAFTED).when(ConfirmSlot(), caller=None).then(paid_for(ORDER, restore=DRAFTED.restore)).answering(
        status="placed"
    )


@pytest.mark.parametrize(
    ("said", "slot"), [("2026-03-02T12:07", datetime(2026, 3, 2, 9, tzinfo=UTC)), ("2026-03-02", None)]
)
def test_a_time_counts_in_its_own_slot_and_a_day_to_come_in_none(said: str, slot: datetime | None) -> None:
    wished = given().when(place(("kebap", 1), schedule_date=said), facts=facts(orders_per_slot=2))
    (event,) = wished.decision.events
    order = event if isinstance(event, OrderPlaced) else event.order
    assert (isinstance(event, OrderDrafted), order.slot) == (slot is not None, slot)


@pytest.mark.parametrize(
    ("known", "slot"),
    [
        ({}, SLOT),
        ({"opening_hours": {"sun": "20:00-23:00"}}, SLOT),
        ({"opening_hours": {"sun": "22:00-23:00"}}, None),
        ({"paused_until": NOW + timedelta(minutes=30)}, None),
    ],
)
def test_what_is_wanted_today_counts_now_where_it_is_cooked_now(known: dict[str, Any], slot: datetime | None) -> None:
    wish = place(("kebap", 1), schedule_date="2026-03-01")
    (event,) = given().when(wish, facts=facts(orders_per_slot=2, **known)).decision.events
    order = event if isinstance(event, OrderPlaced) else event.order
    assert (isinstance(event, OrderDrafted), order.slot) == (slot is not None, slot)


def test_without_a_cap_nothing_is_reserved() -> None:
    (event,) = given().when(place(("kebap", 1)), facts=facts()).decision.events
    assert isinstance(event, OrderPlaced) and event.slot is None


def test_a_full_slot_refuses_and_the_lines_go_back() -> None:
    event = then_refused(given(DRAFTED).when(RefuseSlot(), caller=None), "slot_full", field="schedule_date")
    given(event).when(TellOutcome(user_id=USER), caller=USER).then_rejected("slot_full")


def test_the_coupon_comes_after_the_slot() -> None:
    (asked,) = sent(WITH_COUPON)
    assert isinstance(asked[2], ReserveSlot)
    given(WITH_COUPON).when(ConfirmSlot(), caller=None).handed_on().then(SlotHeld())
    (reserve,) = sent(SlotHeld(), WITH_COUPON)
    assert reserve[:2] == (discount_commands.TOPIC.name, "YAZ10")
    placed = paid_for(WITH_COUPON.order, restore=WITH_COUPON.restore, restore_coupon=WITH_COUPON.restore_coupon)
    given(WITH_COUPON, SlotHeld()).when(ConfirmCoupon(), caller=None).then(placed)


def test_a_refused_coupon_gives_the_slot_back() -> None:
    refused = given(WITH_COUPON, SlotHeld()).when(RefuseCoupon(code="used_up", detail="gone"), caller=None).handed_on()
    returned, why = refused.decision.events
    assert returned == RETURNED and isinstance(why, OrderRefused) and why.code == "used_up"
    release = ReleaseSlot(order_id=ID, slot=SLOT)
    assert sent(RETURNED, WITH_COUPON, SlotHeld()) == [(restaurant_commands.TOPIC.name, DAY, release, False)]


def test_a_cancelled_order_gives_its_slot_back_once() -> None:
    cancelled = OrderCancelled(user_id=USER, reason="", cancelled_at=NOW, restaurant_id="mahmut")
    basket = BasketReturned(user_id=USER, restore=())
    given(ORDER).when(CancelOrder(), caller=USER).then(cancelled, RETURNED, basket)
    given(ORDER, cancelled, RETURNED).when(CancelOrder(), caller=USER).then_nothing()
    given(PLACED).when(CancelOrder(), caller=USER).then(cancelled, basket)


def test_who_asks_again_is_answered_behind_what_the_order_waits_for() -> None:
    tell = TellOutcome(user_id=USER)
    awaited = SlotAwaited(user_id=USER, restaurant_id="mahmut", slot=SLOT)
    for draft in (DRAFTED, WITH_COUPON):
        given(draft).when(tell, caller=USER).handed_on().then(awaited)
    ask = AskSlot(order_id=ID, user_id=USER)
    assert sent(awaited, DRAFTED) == [(restaurant_commands.TOPIC.name, DAY, ask, True)]
    outcome = given(WITH_COUPON, SlotHeld()).when(tell, caller=USER)
    outcome.handed_on().then(OutcomeAwaited(user_id=USER, coupon_code="YAZ10"))
    given(DRAFTED).when(TellOutcome(user_id="another"), caller="another").then_rejected("not_found")


def test_an_order_that_is_erased_while_it_waits_ends_at_once_and_gives_its_slot_back() -> None:
    erased = OrderErased(user_id=USER, previous_order_id=None)
    given(WITH_COUPON).when(EraseOrder(user_id=USER), caller=None).then(erased)
    given(WITH_COUPON, erased).when(ConfirmSlot(), caller=None).handed_on().then(SlotHeld())
    outcome = given(WITH_COUPON, erased, SlotHeld()).when(ConfirmCoupon(), caller=None)
    placed, cancelled, returned, again = outcome.decision.events
    assert isinstance(placed, OrderPlaced) and placed.delivery_address is None and again == erased
    assert isinstance(cancelled, OrderCancelled) and returned == RETURNED


@pytest.mark.parametrize("command", [ConfirmSlot(), RefuseSlot()])
def test_an_answer_that_comes_too_late_changes_nothing(command: Any) -> None:
    given(ORDER).when(command, caller=None).then_nothing()


# -- nobody tells of a reservation


@pytest.mark.parametrize(
    ("way", "held", "late", "back"),
    [
        ((WITH_COUPON,), (), ConfirmSlot(), RETURNED),
        ((WITH_COUPON, SlotHeld()), (RETURNED,), ConfirmCoupon(), CouponReturned(user_id=USER, coupon_code="YAZ10")),
    ],
)
def test_a_draft_is_given_up_and_what_is_reserved_later_is_given_back_then(
    way: tuple[Any, ...], held: tuple[Any, ...], late: Any, back: Any
) -> None:
    outcome = given(*way).when(GiveUpReservation(), caller=None).handed_on()
    *returned, refused = outcome.decision.events
    assert (tuple(returned), refused.code, refused.restore) == (held, "not_in_time", WITH_COUPON.restore)
    after = (*way, *returned, refused)
    given(*after).when(late, caller=None).then_rejected("not_in_time", but=(back,))
    given(*after, back).when(late, caller=None).then_rejected("not_in_time")
    given(*after).when(RefuseSlot(), caller=None).then_rejected("not_in_time")


def test_a_draft_waits_for_so_long_and_what_is_placed_waits_no_more() -> None:
    wish = place(("kebap", 2), ("ayran", 3))
    given().when(wish, facts=facts(orders_per_slot=2)).setting(reservation(NOW + Times().reservation))
    assert given(DRAFTED).when(ConfirmSlot(), caller=None).decision.cancels == ("reservation",)
    assert given(DRAFTED).when(RefuseSlot(), caller=None).decision.cancels == ("reservation",)
    given().when(GiveUpReservation(), caller=None).then_rejected("not_found")


@pytest.mark.parametrize("said", [ConfirmCoupon(), RefuseCoupon(code="coupon_used_up", detail="used up")])
def test_what_is_said_of_a_coupon_before_the_slot_is_there_changes_nothing(said: Any) -> None:
    assert given(WITH_COUPON).when(said, caller=None).decision.events == ()
    assert given(WITH_COUPON, SlotHeld()).when(ConfirmSlot(), caller=None).decision.events == ()
