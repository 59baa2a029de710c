"""What a checkout is checked against: hours and times, address, coupon, the total that was shown."""

from dataclasses import replace as replace_facts
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from agents.order.decider import DECIDER
from agents.order.facts import Facts
from agents.order.policy import react
from tests.agents import scenario
from tests.agents.order.test_decider import HOME, LINE, PLACED, USER, facts, given, paid_for, place, then_refused
from tests.agents.scenario import ID, LATER, NOW
from topics.contracts import discount_commands
from topics.contracts.basket_events import OrderedItem
from topics.contracts.discount_commands import AskOutcome, ReserveUse
from topics.contracts.order_commands import ConfirmCoupon, RefuseCoupon, TellOutcome
from topics.contracts.order_events import OrderDrafted, OrderPlaced, OrderRefused, OutcomeAwaited, PriceChange
from topics.copies import BookCopy, CouponCopy
from topics.deciding.discounting import Terms
from topics.messages.event import EventMeta
from topics.values.areas import Corner, DeliveryArea

# NOW is Sunday 2026-03-01, 21:30 in Istanbul.
META = EventMeta("e", ID, 1, NOW)


def placed(outcome: scenario.Outcome) -> OrderPlaced:
    (event,) = outcome.decision.events
    assert isinstance(event, OrderPlaced), event
    return event


# -- hours and times


def test_outside_its_hours_a_restaurant_says_when_it_opens() -> None:
    outcome = given().when(place(("kebap", 1)), facts=facts(opening_hours={"mon": "11:00-22:00"}))
    event = then_refused(outcome, "restaurant_closed")
    assert event.more == {"opens_at": "2026-03-02T11:00:00+03:00"}


def test_within_its_hours_it_takes_orders() -> None:
    placed(given().when(place(("kebap", 1)), facts=facts(opening_hours={"sun": "21:00-02:00"})))


def test_after_midnight_the_day_before_counts() -> None:
    half_past_one = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    hours = {"sun": "22:00-02:00"}
    placed(given().when(place(("kebap", 1)), facts=facts(opening_hours=hours), now=half_past_one))


@pytest.mark.parametrize("said", ["2026-03-02T12:00", "2026-03-02T12:00:00+03:00", "2026-03-02T09:00Z", "2026-03-02"])
def test_a_closed_restaurant_takes_orders_for_when_it_is_open(said: str) -> None:
    known = facts(opening_hours={"mon": "11:00-22:00"})
    assert placed(given().when(place(("kebap", 1), schedule_date=said), facts=known)).schedule_date == said


@pytest.mark.parametrize("said", ["2026-03-02T23:00", "2026-03-03", "2026-03-02T12:00Z"])
def test_no_order_for_when_it_is_closed(said: str) -> None:
    known = facts(opening_hours={"mon": "11:00-15:00"})
    event = then_refused(
        given().when(place(("kebap", 1), schedule_date=said), facts=known), "restaurant_closed", field="schedule_date"
    )
    assert event.more == {"opens_at": "2026-03-09T11:00:00+03:00"}


@pytest.mark.parametrize(
    "known",
    [
        {"opening_hours": {"sun": "09:00-21:30", "tue": "09:00-22:00"}},
        {"opening_hours": {"sun": "09:00-22:00", "tue": "09:00-22:00"}, "paused_until": NOW + timedelta(minutes=30)},
    ],
)
def test_no_order_for_today_where_nothing_of_the_day_is_left(known: dict[str, Any]) -> None:
    wish = place(("kebap", 1), schedule_date="2026-03-01")
    event = then_refused(given().when(wish, facts=facts(**known)), "restaurant_closed", field="schedule_date")
    assert event.more == {"opens_at": "2026-03-03T09:00:00+03:00"}


def test_an_order_for_today_before_it_opens_is_taken() -> None:
    known = facts(opening_hours={"sun": "22:00-23:00"})
    placed(given().when(place(("kebap", 1), schedule_date="2026-03-01"), facts=known))


def test_on_a_day_off_it_is_closed_and_says_when_it_opens() -> None:
    known = facts(
        opening_hours={"sun": "21:00-02:00", "mon": "11:00-15:00"}, days_off=(date(2026, 3, 1), date(2026, 3, 2))
    )
    event = then_refused(given().when(place(("kebap", 1)), facts=known), "restaurant_closed")
    assert event.more == {"opens_at": "2026-03-08T21:00:00+03:00"}
    wish = place(("kebap", 1), schedule_date="2026-03-02")
    then_refused(given().when(wish, facts=known), "restaurant_closed", field="schedule_date")


@pytest.mark.parametrize("said", ["2026-03-01T21:29", "2026-02-28", "2026-03-01T18:30Z", "2026-03-01T01:00"])
def test_a_time_that_is_over_is_refused(said: str) -> None:
    then_refused(
        given().when(place(("kebap", 1), schedule_date=said), facts=facts()), "schedule_in_past", field="schedule_date"
    )


@pytest.mark.parametrize(
    ("said", "zone"), [("2026-03-01", "Europe/Istanbul"), ("2026-03-01T14:00", "America/New_York")]
)
def test_a_day_and_a_time_without_zone_are_the_restaurants(said: str, zone: str) -> None:
    placed(given().when(place(("kebap", 1), schedule_date=said), facts=facts(time_zone=zone)))


# -- address


def test_the_default_address_is_taken_and_kept_as_it_was() -> None:
    event = placed(given().when(place(("kebap", 1)), facts=facts()))
    assert event.delivery_address is not None and event.delivery_address.title == "Ev"


def test_without_an_address_there_is_no_delivery() -> None:
    nowhere = Facts(meals=facts().meals, restaurants=facts().restaurants)
    then_refused(given().when(place(("kebap", 1)), facts=nowhere), "address_needed", field="address_id")


def test_an_address_that_is_not_the_users_is_not_found() -> None:
    outcome = given().when(place(("kebap", 1), address_id="nope"), facts=facts())
    then_refused(outcome, "address_not_found", field="address_id")


def test_who_picks_it_up_needs_no_address_and_pays_no_delivery() -> None:
    nowhere = Facts(meals=facts().meals, restaurants=facts().restaurants)
    event = placed(given().when(place(("kebap", 1), pickup=True), facts=nowhere))
    assert (event.pickup, event.delivery_address, event.delivery_fee, event.total) == (True, None, 0, 24_550)


# -- the total that was shown


def wished(price_was: int | None) -> tuple[OrderedItem, ...]:
    return (OrderedItem(meal_id="kebap", quantity=2, price_was=price_was),)


def test_a_changed_price_is_told() -> None:
    event = placed(given().when(place(items=wished(20_000)), facts=facts()))
    assert event.changes == (PriceChange(meal_id="kebap", name="Dish for 24550", was=20_000, now=24_550),)
    assert placed(given().when(place(items=wished(24_550)), facts=facts())).changes == ()


def test_another_total_than_the_expected_one_is_refused_with_the_lines_that_differ() -> None:
    outcome = given().when(place(items=wished(20_000), expected_total=42_990), facts=facts())
    event = then_refused(outcome, "price_changed", field="expected_total")
    line = {"meal_id": "kebap", "name": "Dish for 24550", "was": 20_000, "is": 24_550}
    assert event.more == {"lines": [line], "total": 52_090}


def test_the_expected_total_is_an_order() -> None:
    placed(given().when(place(items=wished(20_000), expected_total=52_090), facts=facts()))


# -- coupon


def with_coupon(used: int = 0, used_by_user: int = 0, **said: Any) -> Facts:
    usual: dict[str, Any] = {"code": "YAZ10", "kind": "percent", "value": 1_000, "title": "", "created_at": NOW}
    known = facts()
    coupons = {
        "YAZ10": CouponCopy(terms=Terms(**(usual | said)), used=used),
        f"YAZ10:{USER}": CouponCopy(used=used_by_user),
    }
    return Facts(meals=known.meals, restaurants=known.restaurants, books=known.books, coupons=coupons)


WITH_COUPON = place(("kebap", 2), ("ayran", 3), coupon_code="YAZ10", restore_coupon="YAZ10")
DISCOUNTED = replace(PLACED, discount=5_813, total=55_307, coupon_code="YAZ10")
DRAFTED = OrderDrafted(order=DISCOUNTED, restore=(LINE,), restore_coupon="YAZ10")


def test_an_order_with_a_coupon_waits_for_its_reservation() -> None:
    given().when(WITH_COUPON, facts=with_coupon()).handed_on().then(DRAFTED)
    (sent,) = react(DRAFTED, META, scenario.evolved(DECIDER, DECIDER.state(), (DRAFTED,)))
    reserve = ReserveUse(order_id=ID, user_id=USER, restaurant_id="mahmut", subtotal=58_130)
    assert (sent.topic, sent.key, sent.message, sent.answers) == (discount_commands.TOPIC, "YAZ10", reserve, True)


def test_with_its_reservation_it_is_placed() -> None:
    event = paid_for(replace(DISCOUNTED, placed_at=LATER), restore=(LINE,), restore_coupon="YAZ10")
    given(DRAFTED).when(ConfirmCoupon(), now=LATER).then(event).answering(
        status="placed", discount=5_813, total=55_307, coupon_code="YAZ10"
    )


def test_without_a_reservation_it_is_refused_and_all_comes_back() -> None:
    refuse = RefuseCoupon(code="coupon_used_up", detail="used up")
    event = then_refused(given(DRAFTED).when(refuse), "coupon_used_up", field="coupon_code")
    assert event.restore_coupon == "YAZ10"


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("coupon_unknown", facts()),
        ("coupon_unknown", with_coupon(restaurant_id="tokyo")),
        ("coupon_over", with_coupon(valid_until=NOW)),
        ("coupon_not_yet_valid", with_coupon(valid_from=NOW + timedelta(days=1))),
        ("coupon_used_up", with_coupon(total_limit=1, used=1)),
        ("coupon_used_up", with_coupon(per_user_limit=1, used_by_user=1)),
        ("coupon_below_minimum", with_coupon(min_basket=58_131)),
    ],
)
def test_a_coupon_that_may_not_be_used_refuses_the_order_at_once(code: str, known: Facts) -> None:
    then_refused(given().when(WITH_COUPON, facts=known), code, field="coupon_code")


def test_a_reservation_that_comes_again_changes_nothing() -> None:
    given(DRAFTED, DISCOUNTED).when(ConfirmCoupon()).then_nothing().answering(total=55_307)
    given(DRAFTED, DISCOUNTED).when(RefuseCoupon(code="coupon_used_up", detail="used up")).then_nothing()


# -- asking again


def test_who_asks_for_the_same_checkout_again_is_told_of_its_order() -> None:
    given(PLACED).when(TellOutcome(user_id=USER)).then_nothing().answering(total=61_120)
    refused = OrderRefused(user_id=USER, code="below_minimum", detail="too little", more={"least": 5})
    outcome = given(refused).when(TellOutcome(user_id=USER))
    outcome.then_rejected("below_minimum")
    assert outcome.decision.rejection is not None and outcome.decision.rejection.more == {"least": 5}


def test_an_order_is_told_to_nobody_else() -> None:
    for events in ((), (PLACED,), (DRAFTED,)):
        given(*events).when(TellOutcome(user_id="somebody")).then_rejected("not_found")


def test_the_question_follows_the_reservation_where_that_is_under_way() -> None:
    awaited = OutcomeAwaited(user_id=USER, coupon_code="YAZ10")
    given(DRAFTED).when(TellOutcome(user_id=USER)).handed_on().then(awaited)
    (sent,) = react(awaited, META, DECIDER.state())
    assert (sent.topic, sent.key) == (discount_commands.TOPIC, "YAZ10")
    assert sent.message == AskOutcome(order_id=ID, user_id=USER)
    assert sent.answers


# -- breaks, delivery areas, pickup


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        (None, False),
        ("2026-03-01T21:59", False),
        ("2026-03-01T22:00", True),
        ("2026-03-01", True),
        ("2026-03-02", True),
    ],
)
def test_a_restaurant_on_a_break_takes_orders_for_after_it(said: str | None, taken: bool) -> None:
    until = NOW + timedelta(minutes=30)
    outcome = given().when(place(("kebap", 1), schedule_date=said), facts=facts(paused_until=until))
    if taken:
        placed(outcome)
    else:
        field = None if said is None else "schedule_date"
        event = then_refused(outcome, "restaurant_paused", field=field)
        assert event.more == {"until": "2026-03-01T22:00:00+03:00"}


def test_a_break_of_days_takes_no_order_for_a_day_that_is_within_it() -> None:
    known = facts(paused_until=NOW + timedelta(days=2))
    for said in ("2026-03-01", "2026-03-02"):
        wish = place(("kebap", 1), schedule_date=said)
        then_refused(given().when(wish, facts=known), "restaurant_paused", field="schedule_date")
    placed(given().when(place(("kebap", 1), schedule_date="2026-03-03"), facts=known))


def test_a_break_that_is_over_stops_nobody() -> None:
    placed(given().when(place(("kebap", 1)), facts=facts(paused_until=NOW)))


def at_home(latitude: float | None, longitude: float | None, **said: Any) -> Facts:
    home = replace(HOME, latitude=latitude, longitude=longitude)
    return replace_facts(facts(**said), books={USER: BookCopy(addresses={"a-1": home}, default_id="a-1")})


NEAR = DeliveryArea(radius_km=2, center=Corner(latitude=41.0369, longitude=28.985))


def test_within_its_area_a_restaurant_delivers() -> None:
    placed(given().when(place(("kebap", 1)), facts=at_home(41.0422, 29.0067, delivery_area=NEAR)))
    outcome = given().when(place(("kebap", 1)), facts=at_home(40.9903, 29.0291, delivery_area=NEAR))
    then_refused(outcome, "outside_delivery_area", field="address_id")


@pytest.mark.parametrize("place_known", [(None, None), (41.0, None), (None, 29.0)])
def test_an_address_that_is_not_on_the_map_has_to_be_put_there_first(
    place_known: tuple[float | None, float | None],
) -> None:
    outcome = given().when(place(("kebap", 1)), facts=at_home(*place_known, delivery_area=NEAR))
    then_refused(outcome, "address_not_on_map", field="address_id")
    placed(given().when(place(("kebap", 1)), facts=at_home(*place_known)))


def test_who_picks_up_needs_no_address_where_that_is_possible() -> None:
    wish = place(("kebap", 1), pickup=True)
    placed(given().when(wish, facts=facts(delivery_area=NEAR)))
    then_refused(given().when(wish, facts=facts(pickup=False)), "no_pickup", field="pickup")


# -- several at once


def test_all_that_speaks_against_an_order_is_told_at_once() -> None:
    known = at_home(40.9903, 29.0291, delivery_area=NEAR, opening_hours={"mon": "11:00-22:00"}, min_order_price=60_000)
    wish = place(items=wished(20_000), expected_total=42_990, coupon_code="YAZ10")
    event = then_refused(given().when(wish, facts=known), "restaurant_closed")
    assert event.more is not None and event.more["opens_at"] == "2026-03-02T11:00:00+03:00"
    told = {each["code"]: each for each in event.more["differences"]}
    assert list(told) == ["restaurant_closed", "outside_delivery_area", "below_minimum", "coupon_unknown"]
    assert told["outside_delivery_area"]["field"] == "address_id"
    assert all(each["detail"] in event.detail for each in told.values())


def test_a_changed_price_is_told_beside_what_else_has_changed() -> None:
    known = at_home(40.9903, 29.0291, delivery_area=NEAR)
    wish = place(items=wished(20_000), expected_total=42_990)
    event = then_refused(given().when(wish, facts=known), "outside_delivery_area", field="address_id")
    assert event.more is not None
    (_, price) = event.more["differences"]
    line = {"meal_id": "kebap", "name": "Dish for 24550", "was": 20_000, "is": 24_550}
    assert (price["code"], price["lines"], price["total"]) == ("price_changed", [line], 52_090)


def test_what_is_gone_is_told_beside_where_it_cannot_be_brought() -> None:
    known = replace_facts(at_home(40.9903, 29.0291, delivery_area=NEAR), meals={"kebap": facts().meals["kebap"]})
    event = then_refused(
        given().when(place(("kebap", 1), ("ayran", 1)), facts=known), "meal_unavailable", field="items"
    )
    assert event.more is not None
    assert [each["code"] for each in event.more["differences"]] == ["meal_unavailable", "outside_delivery_area"]
    assert event.more["items"] == [{"meal_id": "ayran", "name": "ayran"}]


def test_an_order_is_wanted_within_a_year() -> None:
    placed(given().when(place(("kebap", 1), schedule_date="2027-03-01"), facts=facts()))
    for said in ("2027-03-03", "2028-01-01T12:00"):
        then_refused(
            given().when(place(("kebap", 1), schedule_date=said), facts=facts()),
            "schedule_too_far",
            field="schedule_date",
        )
