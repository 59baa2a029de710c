"""When a restaurant is open: what its owner may say, and what the answers tell."""

from datetime import date, datetime
from typing import Any

import pytest

from agents.restaurant.decider import DECIDER
from tests.agents import scenario
from tests.agents.scenario import LATER, NOW
from topics.contracts.restaurant_commands import ChangeRestaurant, OpenRestaurant
from topics.contracts.restaurant_events import RestaurantChanged, RestaurantDetails, RestaurantOpened
from topics.values.fields import DayOff, Weekday

OWNER = "owner-1"
NIGHTS: dict[Weekday, str] = {"fri": "22:00-02:00"}
LUNCH_AND_DINNER: dict[Weekday, str] = {"mon": "11:30-14:00,18:30-21:00"}
CLASHING: dict[Weekday, str] = {"fri": "22:00-02:00", "sat": "01:00-05:00"}


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def opened(**more: Any) -> RestaurantOpened:
    return RestaurantOpened(owner_id=OWNER, details=RestaurantDetails(name="a", **more), opened_at=NOW)


@pytest.mark.parametrize("said", [NIGHTS, LUNCH_AND_DINNER, {}, {**NIGHTS, "sat": "02:00-05:00"}])
def test_ranges_past_midnight_and_several_a_day_are_kept(said: dict[Weekday, str]) -> None:
    given().when(OpenRestaurant(name="a", opening_hours=said), caller=OWNER).then(opened(opening_hours=said))


@pytest.mark.parametrize("said", [CLASHING, {"sun": "22:00-02:00", "mon": "01:00-03:00"}])
def test_a_range_that_begins_before_yesterdays_has_ended_is_refused(said: dict[Weekday, str]) -> None:
    day = list(said)[-1]
    opening = given().when(OpenRestaurant(name="a", opening_hours=said), caller=OWNER)
    opening.then_rejected("invalid_input", field=f"opening_hours.{day}")
    change = given(opened()).when(ChangeRestaurant(opening_hours=said), caller=OWNER)
    change.then_rejected("invalid_input", field=f"opening_hours.{day}")


@pytest.mark.parametrize("text", ["11:00-11:00", "9-5", ""])
def test_what_is_no_range_is_refused_by_the_name_of_its_day(text: str) -> None:
    said: dict[Weekday, str] = {"mon": "09:00-22:00", "fri": text}
    outcome = given().when(OpenRestaurant(name="a", opening_hours=said), caller=OWNER)
    outcome.then_rejected("invalid_input", field="opening_hours.fri")


def test_days_off_are_kept_and_a_day_is_listed_once() -> None:
    holiday = DayOff(day=date(2026, 4, 23), reason="Bayram")
    given().when(OpenRestaurant(name="a", days_off=(holiday,)), caller=OWNER).then(opened(days_off=(holiday,)))
    twice = ChangeRestaurant(days_off=(holiday, DayOff(day=date(2026, 4, 23))))
    given(opened()).when(twice, caller=OWNER).then_rejected("invalid_input", field="days_off[1].day")


def test_a_zone_that_nobody_knows_is_refused() -> None:
    outcome = given().when(OpenRestaurant(name="a", time_zone="Europe/Bogazici"), caller=OWNER)
    outcome.then_rejected("invalid_input", field="time_zone")


def test_hours_from_before_they_were_checked_keep_nobody_from_other_changes() -> None:
    old: dict[Weekday, str] = {"fri": "11:00-11:00"}
    before = opened(opening_hours=old)
    given(before).when(ChangeRestaurant(status="closed"), caller=OWNER, now=LATER).then(
        RestaurantChanged(details=RestaurantDetails(name="a", opening_hours=old, status="closed"), changed_at=LATER)
    )


FRIDAY_NIGHT = datetime.fromisoformat("2026-11-28T01:30:00+03:00")


@pytest.mark.parametrize(
    ("more", "expected"),
    [({}, True), ({"opening_hours": NIGHTS}, True), ({"opening_hours": LUNCH_AND_DINNER}, False),
     ({"status": "closed"}, False), ({"days_off": (DayOff(day=date(2026, 11, 28)),)}, False),
     ({"opening_hours": NIGHTS, "days_off": (DayOff(day=date(2026, 11, 28)),)}, True),
     ({"opening_hours": NIGHTS, "days_off": (DayOff(day=date(2026, 11, 27)),)}, False),
     ({"opening_hours": NIGHTS, "time_zone": "America/New_York"}, False)],
)  # fmt: skip
def test_the_answer_says_whether_it_is_open_at_this_moment(more: dict[str, Any], expected: bool) -> None:
    outcome = given().when(OpenRestaurant(name="a", **more), caller=OWNER, now=FRIDAY_NIGHT)
    outcome.answering(open_now=expected)


def test_a_phone_number_and_an_address_can_be_taken_away() -> None:
    before = opened(phone_number="+902125550101", email="a@b.co")
    change = ChangeRestaurant(clears=("phone_number", "email"))
    given(before).when(change, caller=OWNER, now=LATER).then(
        RestaurantChanged(details=RestaurantDetails(name="a"), changed_at=LATER)
    ).answering(phone_number=None, email=None)


def test_a_change_that_changes_nothing_leaves_the_time_of_the_last_change() -> None:
    changed = RestaurantChanged(details=RestaurantDetails(name="b"), changed_at=NOW)
    later = "2026-03-01T18:30:00Z"
    given(opened(), changed).when(ChangeRestaurant(name="b"), caller=OWNER, now=LATER).then_nothing().answering(
        updated_at=later
    )
    given(opened()).when(ChangeRestaurant(name="a"), caller=OWNER, now=LATER).then_nothing().answering(updated_at=later)
    again = given(opened()).when(OpenRestaurant(name="a"), caller=OWNER, now=LATER)
    again.then_nothing().answering(updated_at=later)
