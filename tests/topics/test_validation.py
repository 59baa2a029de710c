"""All faults of an input at once, each with its path, in words of the API."""

from datetime import date
from typing import Any

import msgspec
import pytest

from http_edge.web.order.carts import LineChange
from topics.contracts.basket_commands import AddItem, Checkout
from topics.contracts.catalog_commands import AddMeal, ChangeMeal
from topics.contracts.restaurant_commands import OpenRestaurant
from topics.contracts.user_commands import CompleteProfile
from topics.values.faults import MOST_FAULTS, Invalid
from topics.values.kurus import Kurus
from topics.values.validation import Validator


def faults(kind: type[msgspec.Struct], value: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        Validator(kind).validated(value)
    return dict(refused.value.faults)


PERSON = {"full_name": "Ayşe Yılmaz", "born_date": "1990-05-01", "gender": "female", "phone": "(0532) 111 22 33"}


def test_every_wrong_field_is_named_at_once() -> None:
    assert faults(AddItem, {"meal_id": "a b", "quantity": 0, "note": "x" * 501, "schedule_date": "soon"}) == {
        "meal_id": "must be an id (letters, digits and `_.:-`)",
        "quantity": "at least 1",
        "note": "at most 500 characters, these are 501",
        "schedule_date": "is neither a date nor a time such as 2026-03-01T19:30",
    }


@pytest.mark.parametrize(
    ("quantity", "why"),
    [
        (None, "a whole number is needed, not null"),
        ("3", "a whole number is needed, not text"),
        (True, "a whole number is needed, not true"),
        (1.5, "a whole number is needed"),
        ([1], "a whole number is needed, not a list"),
        ({}, "a whole number is needed, not an object"),
        (100, "at most 99"),
        (10**400, "at most 99"),
    ],
)
def test_a_wrong_number_is_told_in_plain_words(quantity: Any, why: str) -> None:
    assert faults(AddItem, {"meal_id": "m-1", "quantity": quantity}) == {"quantity": why}


def test_null_options_are_options_that_are_left_out() -> None:
    """Clients write what they do not say as null."""
    meal = Validator(AddMeal).validated({"restaurant_id": "r", "name": "Adana", "price": 100, "options": None})
    line = Validator(AddItem).validated({"meal_id": "m", "quantity": 1, "options": None})
    assert meal.options == () and line.options == ()


def test_null_options_are_refused_where_absent_ones_stay_as_they_are() -> None:
    assert faults(LineChange, {"options": None}) == {"options": "a list is needed, not null"}
    with pytest.raises(Invalid) as refused:
        Validator(ChangeMeal, partial=True).validated({"options": None})
    assert [fault.field for fault in refused.value.faults] == ["options"]


def test_allowed_values_are_listed() -> None:
    assert faults(Checkout, {"payment_method": "gold"}) == {"payment_method": "must be one of cash, credit_card, pos"}


def test_paths_lead_into_lists_and_objects() -> None:
    body = {"payment_method": "cash", "items": [{"meal_id": "m", "quantity": 1}, {"quantity": "x"}, 7]}
    assert faults(Checkout, body) == {
        "items[1].meal_id": "is required",
        "items[1].quantity": "a whole number is needed, not text",
        "items[2]": "an object is needed, not a number",
    }
    hours = {"mon": "9-5", "funday": "09:00-10:00", "tue": 3}
    assert set(faults(OpenRestaurant, {"name": "Lokanta", "opening_hours": hours, "address": {"latitude": 91}})) == {
        "opening_hours.mon", "opening_hours", "opening_hours.tue", "address.latitude",
    }  # fmt: skip


def test_a_body_of_another_shape_is_refused_whole() -> None:
    assert faults(AddItem, []) == {"$": "an object is needed, not a list"}


def test_no_more_faults_are_listed_than_anybody_reads() -> None:
    body = {"payment_method": "cash", "items": [{}] * 100}
    with pytest.raises(Invalid) as refused:
        Validator(Checkout).validated(body)
    assert len(refused.value.faults) == MOST_FAULTS


def test_texts_are_taken_in_their_normal_form() -> None:
    person = Validator(CompleteProfile).validated(PERSON | {"full_name": " Ays\u0327e "})
    assert person == CompleteProfile(
        full_name="Ayşe", born_date=date(1990, 5, 1), gender="female", phone="+905321112233"
    )


def test_a_limit_counts_the_normal_form() -> None:
    decomposed = "s\u0327" * 120
    assert Validator(CompleteProfile).validated(PERSON | {"full_name": decomposed}).full_name == "ş" * 120
    assert "full_name" in faults(CompleteProfile, PERSON | {"full_name": decomposed + "a"})


@pytest.mark.parametrize(("phone"), ["000000", "0))))))", "call me", ""])
def test_a_phone_number_that_cannot_be_is_refused(phone: str) -> None:
    assert list(faults(CompleteProfile, PERSON | {"phone": phone})) == ["phone"]


@pytest.mark.parametrize("name", ["\u200b", "Köfteci \u202emoc.kötü", " ", "a\nb", "\u2800", "x\u2066y", "a\u200d"])
def test_a_name_needs_to_be_seen_as_it_is(name: str) -> None:
    assert list(faults(OpenRestaurant, {"name": name})) == ["name"]


@pytest.mark.parametrize("name", ["Şişçi", "می\u200cخواهم", "👨\u200d👩\u200d👧 Kafe", "O'Hara & Söhne"])
def test_joiners_inside_words_stay(name: str) -> None:
    assert Validator(OpenRestaurant).validated({"name": name}).name == name


@pytest.mark.parametrize(
    ("price", "why"),
    [
        (float("inf"), "is larger than any number may be"),
        (10**400, "at most 1000000"),
        (1e300, "at most 1000000"),
        ("12", "a number is needed, not text"),
        (None, "a number is needed, not null"),
        (True, "a number is needed, not true"),
        (-1, "at least 0"),
        (-0.01, "at least 0"),
        (1_000_000.01, "at most 1000000"),
        (12.345, "has more than two decimals"),
        (0.3000001, "has more than two decimals"),
        (1e-9, "has more than two decimals"),
    ],
)
def test_a_price_is_a_number_of_lira_with_two_decimals_within_bounds(price: Any, why: str) -> None:
    assert faults(AddMeal, {"restaurant_id": "r", "name": "a", "price": price}) == {"price": why}


@pytest.mark.parametrize(
    ("price", "kurus"),
    [
        (0, 0),
        (12, 1_200),
        (12.5, 1_250),
        (19.99, 1_999),
        (0.29, 29),
        (1e6, 10**8),
        (0.07, 7),
        (-0.0, 0),
        (0.1 + 0.2, 30),
        (sum([34.1] * 3), 10_230),
        (sum([0.1] * 1_000), 10_000),
    ],
)
def test_lira_come_in_as_kurus(price: float, kurus: int) -> None:
    found = Validator(AddMeal).validated({"restaurant_id": "r", "name": "a", "price": price}).price
    assert (found, type(found)) == (kurus, int)


def test_every_amount_that_is_wrong_is_named() -> None:
    options = [{"name": "o", "price": 2}, {"name": "p", "price": 0.005}]
    body = {"restaurant_id": "r", "name": "a", "price": 1.001, "options": options}
    assert set(faults(AddMeal, body)) == {"price", "options[1].price"}


class Spent(msgspec.Struct, frozen=True):
    most: Kurus | None = None


def test_an_amount_of_a_query_is_a_text() -> None:
    assert Validator(Spent, texts=True).validated({"most": "29.90"}) == Spent(2_990)
    for text in ("29.905", "29,90", "", "1e400"):
        with pytest.raises(Invalid, match="most"):
            Validator(Spent, texts=True).validated({"most": text})


class Search(msgspec.Struct, frozen=True):
    page: int = 1
    min_rating: float | None = None
    open_now: bool = False
    cuisines: tuple[str, ...] = ()


def test_a_query_says_numbers_truth_and_lists_as_text() -> None:
    asked = {"page": "2", "min_rating": "4.5", "open_now": "true", "cuisines": "kebap, pide,", "else": "x"}
    assert Validator(Search, texts=True).validated(asked) == Search(2, 4.5, True, ("kebap", "pide"))


def test_a_number_beyond_all_numbers_is_called_too_large() -> None:
    with pytest.raises(Invalid, match="min_rating: is larger than any number may be"):
        Validator(Search, texts=True).validated({"min_rating": "1e309"})


def test_a_query_that_says_something_else_is_refused_with_each_name() -> None:
    with pytest.raises(Invalid) as refused:
        Validator(Search, texts=True).validated({"page": "two", "min_rating": "high", "open_now": "maybe"})
    assert dict(refused.value.faults) == {
        "page": "a whole number is needed, not text",
        "min_rating": "a number is needed, not text",
        "open_now": "true or false is needed, not text",
    }
