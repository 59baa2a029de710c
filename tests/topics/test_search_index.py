"""By which traits a restaurant is found."""

import itertools
from datetime import UTC, datetime, timedelta
from struct import pack
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from stores.redis.search import arguments
from stores.redis.tags import Tags
from stores.redis.traits import changed
from tests.stores.books import MONDAY, meal, restaurant
from topics import keys
from topics.contracts.catalog_commands import Diet
from topics.deciding.projection import Traits
from topics.search_index import (
    CELLS,
    DELIVERY_FEE,
    DIETS,
    MIN_ORDER,
    PREP_TIME,
    RATING,
    Column,
    Point,
    Wanted,
    beginnings,
    cell,
    meal_traits,
    open_at,
    restaurant_indexes,
    restaurant_traits,
)  # fmt: skip
from topics.values.fields import DayOff
from topics.values.opening_hours import is_open

COLUMNS = [RATING, DELIVERY_FEE, MIN_ORDER, PREP_TIME]


def own(**more: Any) -> frozenset[str]:
    return restaurant_traits(restaurant("r", **more)).own


def test_places_and_cuisines_are_folded():
    traits = own(city="İZMİR", district="Kadıköy", cuisines=("Ev Yemeği", "ÇORBA"))
    assert {"all", "city:izmir", "district:kadikoy", "cuisine:ev yemegi", "cuisine:corba"} <= traits


def test_words_come_from_the_name_and_the_cuisines_and_from_meals_on_sale():
    traits = restaurant_traits(restaurant("r", name="Işık & Oğlu", cuisines=("ev yemeği",)))
    assert (traits.of, traits.shared) == ("r", {"word:isik", "word:oglu", "word:ev", "word:yemegi"})
    assert meal_traits(meal("m", "r", "Acılı Lahmacun")) == Traits(
        "r", shared=frozenset({"word:acili", "word:lahmacun"})
    )
    assert meal_traits(meal("m", "r", "Lahmacun", on_sale=False)) == Traits("r")


def test_a_meal_is_found_by_the_diets_that_it_is_for():
    found = meal_traits(replace(meal("m", "r", "Mercimek"), diets=("vegetarian", "halal", "of newer code")))
    assert {"word:vejetaryen", "word:vegetarian", "word:helal", "word:halal"} < found.shared
    assert set(DIETS) == set(get_args(Diet))


def test_a_price_is_its_binary_digits_in_kurus():
    found = {trait for trait in own(delivery_fee=5) if trait.startswith("delivery_fee:")}
    assert found == {"delivery_fee:0", "delivery_fee:2"}
    assert own(delivery_fee=2_990) != own(delivery_fee=2_991)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
@given(st.data())
def test_bounds_compare_as_the_numbers_do(column: Column, data: st.DataObject):
    whole = st.integers(0, 2**column.digits - 1)
    value, limit = data.draw(whole), data.draw(whole)
    kept = sum(2 ** int(digit.split(":")[1]) for digit in column.digits_of(value / column.scale))
    assert kept == value
    assert (kept <= column.at_most(limit / column.scale).limit) == (value <= limit)
    assert (kept >= column.at_least(limit / column.scale).limit) == (value >= limit)


def test_who_is_closed_or_has_no_hours_needs_no_minutes():
    assert not {trait for trait in own(status="closed") if trait.startswith(("open:", "minute:", "always", "zone:"))}
    assert {trait for trait in own() if trait.startswith(("open:", "minute:", "always", "zone:"))} == {"always"}


def test_half_hours_are_one_trait_and_only_the_rest_is_minutes():
    traits = own(opening_hours={"mon": "09:00-10:00,12:28-13:00"}, time_zone="Asia/Tokyo")
    found = {trait for trait in traits if trait.startswith(("open:", "minute:", "zone:"))}
    assert found == {
        "zone:Asia/Tokyo", "open:Asia/Tokyo:18", "open:Asia/Tokyo:19", "open:Asia/Tokyo:25",
        "minute:Asia/Tokyo:748", "minute:Asia/Tokyo:749",
    }  # fmt: skip


@pytest.mark.parametrize(
    "hours", [{"sun": "22:00-02:15"}, {"mon": "00:00-24:00"}, {"fri": "10:07-10:52,23:59-00:01"}, {"wed": "13:00-13:01"}]
)  # fmt: skip
@pytest.mark.parametrize("zone", ["Europe/Istanbul", "America/New_York", "Asia/Kathmandu"])
def test_every_minute_of_a_week_is_open_as_the_hours_say(hours: dict[str, str], zone: str):
    traits = own(opening_hours=hours, time_zone=zone)
    for minute in range(7 * 24 * 60):
        at = MONDAY + timedelta(minutes=minute)
        assert found_open(traits, zone, at) == is_open(hours, zone, at), at


@pytest.mark.parametrize(
    "hours", [{}, {"sun": "22:00-02:15", "mon": "02:15-05:00,23:00-24:00"}, {"fri": "10:07-10:52,23:59-00:01"}]
)
@pytest.mark.parametrize(
    ("zone", "begin"), [("Europe/Istanbul", MONDAY), ("Europe/Berlin", datetime(2026, 10, 24, 12, tzinfo=UTC))]
)
def test_every_minute_around_days_off_and_a_change_of_the_clock_is_open_as_the_hours_say(
    hours: dict[str, str], zone: str, begin: datetime
):
    off = [begin.date() + timedelta(days=days) for days in (0, 2)]
    traits = own(opening_hours=hours, time_zone=zone, days_off=tuple(DayOff(day=day) for day in off))
    for minute in range(4 * 24 * 60):
        at = begin + timedelta(minutes=minute)
        assert found_open(traits, zone, at) == is_open(hours, zone, at, off), at


def found_open(traits: frozenset[str], zone: str, at: datetime) -> bool:
    """As the script of a search does it."""
    asked = [(each, "") if isinstance(each, str) else each for each in open_at([zone], at)]
    return any(trait in traits and unless not in traits for trait, unless in asked)


def test_of_words_that_begin_another_only_the_longest_is_asked_for():
    assert beginnings("ke kebap k pide") == ("word:kebap", "word:pide")
    assert beginnings("") == beginnings('/ : " *') == ()


def test_who_has_no_coordinates_stands_in_an_order_of_its_own():
    assert "search:by:nowhere" in restaurant_indexes(restaurant("r", latitude=41.0))
    placed = restaurant("r", latitude=41.0, longitude=29.0)
    assert {cell(Point(41.0, 29.0), digits) for digits in CELLS} <= restaurant_traits(placed).own
    assert "search:by:nowhere" not in restaurant_indexes(placed)
    assert restaurant_traits(placed).place == (41.0, 29.0)


@given(st.integers(-90, 90), st.integers(-180, 180))
def test_the_number_of_a_cell_begins_with_that_of_the_larger_one_that_it_is_in(latitude: int, longitude: int):
    numbers = [cell(Point(latitude, longitude), digits).removeprefix(f"cell{digits}:") for digits in CELLS]
    assert [len(number) for number in numbers] == list(CELLS)
    assert all(small.startswith(large) for large, small in itertools.pairwise(numbers))
    assert int(numbers[0][0]) == 2 * (latitude >= 0) + (longitude >= 0)


def lines(before: Traits | None, after: Traits | None) -> list[tuple[str | bytes, ...]]:
    return [line[6:] for line in changed("restaurant", "", before, after)]


def test_only_what_changes_is_written():
    one = Traits("r", own=frozenset({"city:izmir", "all"}), shared=frozenset({"word:a"}))
    other = Traits("r", own=frozenset({"city:ankara", "all"}), shared=frozenset({"word:b"}))
    assert lines(one, one) == []
    assert lines(one, other) == [
        ("r", "gain", "city:ankara", "lose", "city:izmir", "one more", "word:b", "one less", "word:a")
    ]
    assert lines(None, one) == [("r", "gain", "all", "gain", "city:izmir", "one more", "word:a")]
    assert lines(one, None) == [("r", "lose", "all", "lose", "city:izmir", "one less", "word:a")]
    assert lines(None, None) == []


def test_a_restaurant_that_moves_is_somewhere_else():
    north = Traits("r", place=(90.0, 0.0))
    assert lines(None, north) == [("r", "place", pack("<3d", *Point(90, 0).vector()))]
    assert lines(north, Traits("r")) == [("r", "place", bytes(24))]
    assert lines(north, north) == []


def test_a_bound_that_everybody_keeps_is_no_work_for_the_script():
    wanted = Wanted(bounds=(RATING.at_least(0), DELIVERY_FEE.at_most(200_000_000), PREP_TIME.at_most(30)))
    assert arguments(wanted, Tags())["bounds"] == [{"name": "prep_time", "digits": 11, "most": 30, "beyond": False}]
    assert arguments(wanted, Tags())["trait"] == keys.search_trait("restaurant", "")
