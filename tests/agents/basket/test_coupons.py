"""A coupon in a basket: what it would take off, and why it may not be used."""

from datetime import timedelta
from typing import Any

import pytest

from agents.basket.decider import DECIDER
from agents.basket.facts import Facts
from agents.basket.projection import BASKET_COUPON
from tests.agents import scenario
from tests.agents.basket.test_decider import AYRAN, KEBAP, MAHMUT, MENU, line
from tests.agents.scenario import ID, NOW, shown
from topics.contracts.basket_commands import ApplyCoupon, Clear, DropCoupon, RestoreItems
from topics.contracts.basket_events import CheckedOut, Cleared, CouponApplied, CouponDropped, LineSet, LinesRestored
from topics.copies import CouponCopy, RestaurantCopy
from topics.deciding.discounting import Terms

APPLY = ApplyCoupon(code="YAZ10", user_id=ID)


def facts(used: int = 0, used_by_me: int = 0, **said: Any) -> Facts:
    usual: dict[str, Any] = {"code": "YAZ10", "kind": "percent", "value": 1_000, "title": "", "created_at": NOW}
    coupons = {
        "YAZ10": CouponCopy(terms=Terms(**(usual | said)), used=used),
        f"YAZ10:{ID}": CouponCopy(used=used_by_me),
    }
    fee = RestaurantCopy(name="Mahmut", is_open=True, delivery_fee=2_000, min_order_price=0)
    return Facts(meals=MENU.meals, restaurants={MAHMUT: fee}, coupons=coupons)


def given(*more: Any) -> scenario.Given:
    return scenario.given(DECIDER, LineSet(line=line(KEBAP, 2)), LineSet(line=line(AYRAN)), *more)


def test_a_coupon_is_applied_and_its_worth_is_shown() -> None:
    outcome = given().when(APPLY, facts=facts())
    outcome.then(CouponApplied(code="YAZ10")).answering(
        code="YAZ10", subtotal=52_100, discount=5_210, delivery_fee=2_000, total=48_890
    )
    assert outcome.state.coupon == "YAZ10"


def test_applying_it_again_shows_it_again() -> None:
    given(CouponApplied(code="YAZ10")).when(APPLY, facts=facts()).then_nothing().answering(discount=5_210)


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("coupon_unknown", Facts()),
        ("coupon_unknown", facts(restaurant_id="tokyo")),
        ("coupon_over", facts(valid_until=NOW)),
        ("coupon_not_yet_valid", facts(valid_from=NOW + timedelta(seconds=1))),
        ("coupon_used_up", facts(total_limit=3, used=3)),
        ("coupon_used_up", facts(per_user_limit=1, used_by_me=1)),
        ("coupon_below_minimum", facts(min_basket=52_101)),
    ],
)
def test_a_coupon_that_may_not_be_used_says_why(code: str, known: Facts) -> None:
    given().when(APPLY, facts=known).then_rejected(code, field="code")


def test_a_coupon_at_its_very_limits_may_be_used() -> None:
    known = facts(
        restaurant_id=MAHMUT, valid_from=NOW, valid_until=NOW + timedelta(seconds=1), total_limit=3, used=2,
        per_user_limit=2, used_by_me=1, min_basket=52_100, max_discount=5_000,
    )  # fmt: skip
    given().when(APPLY, facts=known).then(CouponApplied(code="YAZ10")).answering(discount=5_000)


def test_a_coupon_is_dropped_and_dropping_none_is_fine() -> None:
    given(CouponApplied(code="YAZ10")).when(DropCoupon()).then(CouponDropped())
    given().when(DropCoupon()).then_nothing()


def test_an_emptied_basket_has_no_coupon() -> None:
    assert given(CouponApplied(code="YAZ10")).when(Clear()).then(Cleared()).state.coupon is None


def test_a_refused_checkout_gives_the_coupon_back_unless_there_is_another() -> None:
    back = RestoreItems(order_id="o-1", lines=(), coupon_code="YAZ10")
    assert given().when(back).then(LinesRestored(order_id="o-1", lines=(), coupon_code="YAZ10")).state.coupon == "YAZ10"
    given(CouponApplied(code="KIS20")).when(back).then_nothing()


def test_the_view_knows_the_coupon_as_the_state_does() -> None:
    applied, dropped = CouponApplied(code="YAZ10"), CouponDropped()
    out = CheckedOut(order_id="o", restaurant_id=MAHMUT, items=(), cleared=(), payment_method="cash")
    gone = CheckedOut(
        order_id="o", restaurant_id=MAHMUT, items=(), cleared=(), payment_method="cash", cleared_coupon="YAZ10"
    )
    back = LinesRestored(order_id="o", lines=(), coupon_code="YAZ10")
    for events in ((applied,), (applied, dropped), (applied, out), (applied, gone), (applied, gone, back)):
        document = shown(BASKET_COUPON, *events)
        state = scenario.given(DECIDER, *events).state
        assert (document.code if document else None) == state.coupon
