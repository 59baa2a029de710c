"""Coupons: who makes them, and how many uses there are whoever asks first."""

from datetime import timedelta
from math import inf
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from agents.discount.decider import DECIDER, Uses
from agents.discount.facts import Facts
from agents.discount.limits import COUPONS as COUPON_SEATS
from agents.discount.policy import react
from agents.discount.projection import COUPON, COUPON_USE, indexes
from tests.agents import scenario
from tests.agents.scenario import ID, NOW, shown
from topics import keys
from topics.contracts import discount_commands, order_commands
from topics.contracts.discount_commands import AskOutcome, CreateCoupon, ReleaseUse, ReserveShare, ReserveUse
from topics.contracts.discount_events import (
    CouponCreated,
    OutcomeAsked,
    ShareRefused,
    ShareReserved,
    UseRefused,
    UseReleased,
    UseReserved,
)
from topics.contracts.order_commands import ConfirmCoupon, RefuseCoupon, TellOutcome
from topics.copies import COUPONS, CouponCopy, RestaurantCopy
from topics.deciding.decision import Send
from topics.deciding.discounting import Terms, discount, refusal
from topics.messages.event import EventMeta

OWNER = "owner-1"
RESTAURANT = RestaurantCopy(name="Mahmut", is_open=True, delivery_fee=0, min_order_price=0, owner_id=OWNER)
FACTS = Facts(restaurants={"mahmut": RESTAURANT})
META = EventMeta("e", "YAZ10", 1, NOW)
ASK = {"order_id": "o-1", "user_id": "u-1"}
RESERVE = ReserveUse(**ASK, restaurant_id="mahmut", subtotal=10_000)


def create(**said: Any) -> CreateCoupon:
    return CreateCoupon(**({"kind": "percent", "value": 1_000, "restaurant_id": "mahmut"} | said))


def terms(**said: Any) -> Terms:
    usual: dict[str, Any] = {"code": ID, "kind": "percent", "value": 1_000, "title": "", "created_at": NOW}
    return Terms(**(usual | said))


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def coupon(**said: Any) -> CouponCreated:
    return CouponCreated(terms=terms(**said))


def test_a_restaurant_makes_so_many_coupons_and_no_more() -> None:
    full = dict.fromkeys(COUPON_SEATS.of("mahmut"), "ANOTHER")
    given().when(create(), facts=FACTS, caller=OWNER, claims=full).then_rejected("too_many_coupons")
    full.popitem()
    made = given().when(create(), facts=FACTS, caller=OWNER, claims=full).decision
    assert made.takes == (("coupon", f"mahmut:{COUPON_SEATS.most - 1}"),)
    assert given(*made.events).when(create(), facts=FACTS, caller=OWNER, claims=full).decision.takes == ()


def test_operators_coupons_take_no_seat() -> None:
    assert list(DECIDER.claims(create(restaurant_id=None), "YAZ10", None)) == []


# -- making one


def test_the_owner_makes_a_coupon_for_the_restaurant() -> None:
    outcome = given().when(create(min_basket=10_000), facts=FACTS, caller=OWNER)
    outcome.then(coupon(restaurant_id="mahmut", min_basket=10_000)).answering(
        code=ID, kind="percent", min_basket=10_000
    )


def test_nobody_but_the_owner_makes_a_coupon_for_a_restaurant() -> None:
    given().when(create(), facts=FACTS, caller="stranger").then_rejected("not_found")
    given().when(create(restaurant_id="tokyo"), facts=FACTS, caller=OWNER).then_rejected("not_found")


def test_a_coupon_for_everywhere_is_made_by_no_client() -> None:
    given().when(create(restaurant_id=None), facts=FACTS, caller=OWNER).then_rejected("not_found")
    given().when(create(restaurant_id=None), facts=FACTS, caller=None).then(coupon())


def test_the_same_coupon_again_is_the_same_and_another_one_of_its_code_is_refused() -> None:
    there = given(coupon(restaurant_id="mahmut"))
    there.when(create(), facts=FACTS, caller=OWNER, now=NOW + timedelta(hours=1)).then_nothing().answering(code=ID)
    there.when(create(value=2_000), facts=FACTS, caller=OWNER).then_rejected("coupon_exists", field="code")


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("value", {"value": 10_001}),
        ("max_discount", {"kind": "fixed", "max_discount": 500}),
        ("valid_until", {"valid_until": NOW}),
        ("valid_until", {"valid_from": NOW + timedelta(days=2), "valid_until": NOW + timedelta(days=1)}),
    ],
)
def test_a_coupon_that_contradicts_itself_is_refused(field: str, said: dict[str, Any]) -> None:
    given().when(create(**said), facts=FACTS, caller=OWNER).then_rejected("invalid_input", field=field)


# -- reserving


def test_a_use_is_reserved_and_the_order_is_told() -> None:
    reserved = UseReserved(**ASK, used=1)
    given(coupon()).when(RESERVE).handed_on().then(reserved)
    assert list(react(reserved, META, Uses())) == [Send(order_commands.TOPIC, "o-1", ConfirmCoupon(), answers=True)]


def test_the_last_use_is_given_once() -> None:
    one = given(coupon(total_limit=1)).when(RESERVE).then(UseReserved(**ASK, used=1))
    (event,) = scenario.Given(DECIDER, one.state).when(RESERVE).handed_on().decision.events
    assert isinstance(event, UseRefused) and event.code == "coupon_used_up"
    refuse = RefuseCoupon(code=event.code, detail=event.detail)
    assert list(react(event, META, Uses())) == [Send(order_commands.TOPIC, "o-1", refuse, answers=True)]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("coupon_over", {"valid_until": NOW}),
        ("coupon_not_yet_valid", {"valid_from": NOW + timedelta(seconds=1)}),
        ("coupon_below_minimum", {"min_basket": 10_001}),
        ("coupon_unknown", {"restaurant_id": "tokyo"}),
    ],
)
def test_a_use_that_may_not_be_is_refused(code: str, said: dict[str, Any]) -> None:
    (event,) = given(coupon(**said)).when(RESERVE).handed_on().decision.events
    assert isinstance(event, UseRefused) and event.code == code


def test_a_limit_for_each_user_is_counted_in_the_users_share() -> None:
    reserved = UseReserved(**ASK, used=1, per_user_limit=2)
    given(coupon(per_user_limit=2)).when(RESERVE).handed_on().then(reserved)
    share = ReserveShare(**ASK, code="YAZ10", limit=2)
    assert list(react(reserved, META, Uses())) == [Send(discount_commands.TOPIC, "YAZ10:u-1", share, answers=True)]
    given(ShareReserved(**ASK, used=1)).when(share).handed_on().then(ShareReserved(**ASK, used=2))


def test_who_has_used_it_often_enough_gets_no_more_and_the_coupon_its_use_back() -> None:
    share = ReserveShare(**ASK, code="YAZ10", limit=1)
    (event,) = given(ShareReserved(**ASK, used=1)).when(share).handed_on().decision.events
    assert isinstance(event, ShareRefused)
    told, released = react(event, META, Uses())
    assert (told.topic, told.key, told.answers) == (order_commands.TOPIC, "o-1", True)
    assert released == Send(discount_commands.TOPIC, "YAZ10", ReleaseUse(**ASK))


def test_what_is_released_can_be_used_again() -> None:
    full = (coupon(total_limit=1), UseReserved(**ASK, used=1))
    released = given(*full).when(ReleaseUse(**ASK)).then(UseReleased(**ASK, used=0))
    scenario.Given(DECIDER, released.state).when(RESERVE).then(UseReserved(**ASK, used=1))
    given(coupon()).when(ReleaseUse(**ASK)).then_nothing()


@pytest.mark.parametrize("limit", [None, 1])
def test_a_question_goes_the_way_of_its_reservation(limit: int | None) -> None:
    (event,) = given(coupon(per_user_limit=limit)).when(AskOutcome(**ASK)).handed_on().decision.events
    (send,) = react(event, META, Uses())
    if limit:
        assert send == Send(discount_commands.TOPIC, "YAZ10:u-1", AskOutcome(**ASK, to_share=True), answers=True)
        given().when(AskOutcome(**ASK, to_share=True)).then(OutcomeAsked(**ASK))
    else:
        assert send == Send(order_commands.TOPIC, "o-1", TellOutcome(user_id="u-1"), answers=True)


# -- arithmetic


@pytest.mark.parametrize(
    ("said", "subtotal", "worth"),
    [
        ({"value": 1_000}, 9_995, 1_000),
        ({"value": 1_000}, 9_994, 999),
        ({"value": 1_250}, 8_000, 1_000),
        ({"value": 1_000, "max_discount": 500}, 10_000, 500),
        ({"value": 10_000}, 3_333, 3_333),
        ({"kind": "fixed", "value": 2_500}, 10_000, 2_500),
        ({"kind": "fixed", "value": 2_500}, 2_000, 2_000),
    ],
)
def test_what_a_coupon_takes_off(said: dict[str, Any], subtotal: int, worth: int) -> None:
    assert discount(terms(**said), subtotal) == worth


@for_all(st.sampled_from(["percent", "fixed"]), st.integers(1, 10_000), st.integers(0, 10_000_000))
def test_a_discount_is_whole_kurus_and_never_more_than_the_subtotal(kind: str, value: int, subtotal: int) -> None:
    worth = discount(terms(kind=kind, value=value), subtotal)
    assert type(worth) is int and 0 <= worth <= subtotal
    assert kind == "fixed" or abs(worth * 10_000 - subtotal * value) <= 5_000, "rounded to the nearest kuruş"


@for_all(st.lists(st.sampled_from(["reserve", "release"]), max_size=40), st.integers(1, 5))
def test_no_more_uses_are_out_than_the_limit_allows(steps: list[str], limit: int) -> None:
    state, out = given(coupon(total_limit=limit)).state, 0
    for step in steps:
        command = RESERVE if step == "reserve" else ReleaseUse(**ASK)
        outcome = scenario.Given(DECIDER, state).when(command)
        state = outcome.state
        out = state.used
        assert 0 <= out <= limit


# -- what others know


def test_copies_and_views_count_uses_as_the_state_does() -> None:
    events = (coupon(total_limit=2), UseReserved(**ASK, used=1), UseReserved(**ASK, used=2), UseReleased(**ASK, used=1))
    copy: CouponCopy | None = None
    for version, event in enumerate(events, 1):
        copy = COUPONS.show(copy, event, EventMeta("e", ID, version, NOW)).document
    assert copy == CouponCopy(terms=terms(total_limit=2), used=given(*events).state.used)
    assert shown(COUPON_USE, *events).used == 1
    assert shown(COUPON, *events).total_limit == 2
    assert refusal(copy.terms, NOW, None, 1, copy.used, 0) is None


def test_only_listed_coupons_are_listed_where_they_belong() -> None:
    assert indexes(shown(COUPON, coupon())) == {keys.coupons(None): inf}, "it has no end"
    ends = shown(COUPON, coupon(restaurant_id="mahmut", valid_until=NOW))
    assert indexes(ends) == {keys.coupons("mahmut"): NOW.timestamp()}
    assert indexes(shown(COUPON, coupon(listed=False))) == {}
