"""Kuruş in documents and replies, lira in answers."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from http_edge.web import ROUTES
from http_edge.wire.amounts import Documents, lira_of, names_of, unchanged
from topics.documents import Done
from topics.documents.browse import Meal, Restaurant, RestaurantsFound
from topics.documents.order import Basket, Coupon, Order
from topics.values.kurus import Kurus


class Told(msgspec.Struct, frozen=True):
    name: str
    price: Kurus | None
    parts: tuple["Told", ...] = ()


def test_the_names_of_amounts_follow_from_the_types() -> None:
    assert names_of(Order).members == {
        "price",
        "total",
        "subtotal",
        "discount",
        "delivery_fee",
        "was",
        "is",
        "refunded",
    }
    assert names_of(Coupon | Done).members == {"value", "min_basket", "max_discount"}
    assert names_of(list[Meal]).members == {"price"}
    assert names_of(RestaurantsFound).members == {"delivery_fee", "min_order_price"}, "its total counts restaurants"
    assert names_of(Priced) == ({"price"}, {"prices"})
    assert names_of(Done) == (set(), set()) and lira_of(Done) is unchanged


class Priced(msgspec.Struct, frozen=True):
    price: Kurus
    prices: dict[str, Kurus] = {}
    hours: dict[str, str] = {}


@given(st.dictionaries(st.text(), st.integers(0, 10**8)), st.dictionaries(st.text(), st.text()))
def test_every_amount_of_an_object_leaves_as_lira(prices: dict[str, int], hours: dict[str, str]) -> None:
    once = lira_of(Priced)(msgspec.json.encode(Priced(1, prices, hours)))
    assert lira_of(Priced)(once) == once
    left = json.loads(once)
    assert (left["price"], left["hours"]) == (0.01, hours)
    assert {name: round(price * 100) for name, price in left["prices"].items()} == prices


@pytest.mark.parametrize("row", ROUTES, ids=lambda row: row.name)
def test_no_answer_has_an_amount_and_something_else_under_one_name(row: object) -> None:
    names_of(row.gives)  # type: ignore[attr-defined]


def test_one_name_for_two_kinds_of_numbers_is_refused() -> None:
    class Both(msgspec.Struct):
        price: int
        told: Told

    with pytest.raises(TypeError, match="price: an amount and something else"):
        lira_of(Both)


def test_amounts_leave_as_lira() -> None:
    body = b'{"name":"a","price":9000,"parts":[{"name":"b","price":5,"parts":[]},{"price":null,"name":"c","parts":[]}]}'
    assert lira_of(Told)(body) == (
        b'{"name":"a","price":90.00,"parts":[{"name":"b","price":0.05,"parts":[]},{"price":null,"name":"c","parts":[]}]}'
    )


@given(st.text(), st.integers(0, 10**8))
def test_whatever_a_text_says_only_amounts_change(text: str, price: int) -> None:
    said = msgspec.json.encode(Told(text + '","price":7,"', price, (Told(f'{{"price":{text}', None),)))
    left = json.loads(lira_of(Told)(said))
    assert left["name"] == text + '","price":7,"'
    assert left["parts"][0]["name"] == f'{{"price":{text}'
    assert round(left["price"] * 100) == price


@given(st.text(), st.integers(0, 10**8))
def test_once_more_changes_nothing(text: str, price: int) -> None:
    """A list is converted item by item, and then goes through the gateway like any answer."""
    once = lira_of(Told)(msgspec.json.encode(Told(text, price)))
    assert lira_of(Told)(once) == once


def test_a_document_of_before_has_lira_and_keeps_them() -> None:
    before = b'{"name":"a","price":90.0,"parts":[{"name":"b","price":1e-05,"parts":[]}]}'
    assert lira_of(Told)(before) == before


def test_a_document_of_before_is_read_in_kurus() -> None:
    read = Documents(Told)
    assert read.decode(b'{"name":"\\"price\\":1.5","price":90.5,"parts":[{"name":"b","price":1e-05}]}') == Told(
        '"price":1.5', 9_050, (Told("b", 0),)
    )
    assert read.decode(msgspec.json.encode(Told("a", 9_050))) == Told("a", 9_050)
    with pytest.raises(msgspec.ValidationError, match="name"):
        read.decode(b'{"name":7,"price":90.5}')


@given(st.floats(0, 1_000_000))
def test_no_lira_of_before_are_taken_for_kurus(price: float) -> None:
    found = Documents(Told).decode(b'{"name":"a","price":' + msgspec.json.encode(price) + b"}")
    assert found.price is not None and abs(found.price - price * 100) <= 0.500001


def test_every_document_with_amounts_can_be_read() -> None:
    for kind in (Basket, Meal, Restaurant, Coupon, Order):
        assert names_of(kind).members
