"""Amounts in kuruş, and the older forms that had them in lira."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.basket.contents import Contents
from agents.basket.decider import DECIDER as BASKETS
from agents.catalog.decider import DECIDER as DISHES
from agents.discount.decider import DECIDER as COUPONS
from agents.order.decider import DECIDER as ORDERS
from agents.restaurant.decider import DECIDER as RESTAURANTS
from topics.contracts import all_topics
from topics.contracts.basket_commands import RestoreItems
from topics.contracts.basket_events import LineSet
from topics.contracts.order_events import OrderDrafted, OrderPlaced, OrderRefused
from topics.copies import COUPONS as COUPON_COPIES
from topics.copies import MEALS
from topics.copies import RESTAURANTS as RESTAURANT_COPIES
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.recording.older_forms import EXAMPLES
from topics.values.kurus import FORM, lira, lira_before, of_lira


@pytest.mark.parametrize(
    ("amount", "kurus"),
    [(0, 0), (1, 100), (0.1, 10), (19.99, 1999), (1.005, 101), (2.675, 268), (0.004, 0), (1e6, 10**8)],
)
def test_lira_in_kurus(amount: float, kurus: int) -> None:
    assert of_lira(amount) == kurus


@given(st.floats(0, 1_000_000))
def test_rounding_is_to_the_nearest(amount: float) -> None:
    assert abs(Decimal(str(amount)) * 100 - of_lira(amount)) <= Decimal("0.5")


@given(st.integers(0, 10**14))
def test_kurus_survive_the_way_through_text_and_json(kurus: int) -> None:
    assert of_lira(float(lira(kurus))) == kurus
    assert round(float(lira(kurus)) * 100) == kurus


def test_an_older_form_is_changed_where_amounts_stand_and_nowhere_else() -> None:
    step = lira_before("a", "b.c", "d.e", "f.*.g", "gone.h")
    body: dict[str, Any] = {
        "a": 12.5, "b": {"c": None, "x": 1.5}, "d": [{"e": 1}, {"e": "1"}, 7], "f": {"m": {"g": 0.1}, "n": {}}, "x": 2.5,
    }  # fmt: skip
    before = msgspec.json.encode(body)
    assert step(body) == {
        "a": 1250, "b": {"c": None, "x": 1.5}, "d": [{"e": 100}, {"e": "1"}, 7], "f": {"m": {"g": 10}, "n": {}}, "x": 2.5,
    }  # fmt: skip
    assert msgspec.json.encode(body) == before, "a step is pure"


def _amounts(info: msgspec.inspect.Type) -> bool:
    """Whether a message has an amount anywhere."""
    match info:
        case msgspec.inspect.Metadata():
            return (info.extra or {}).get("form") == FORM or _amounts(info.type)
        case msgspec.inspect.StructType():
            return any(_amounts(field.type) for field in info.fields)
        case msgspec.inspect.UnionType():
            return any(map(_amounts, info.types))
        case msgspec.inspect.VarTupleType() | msgspec.inspect.ListType():
            return _amounts(info.item_type)
        case msgspec.inspect.DictType():
            return _amounts(info.value_type)
        case _:
            return False


NEVER_IN_LIRA = (
    "PutMeal", "TakePage", "PageTaken", "RecordSettlement", "PaymentSettled", "BasketReturned", "OrderSentToKitchen",
    "TellOfOrder", "TellOwner", "OwnerFound",
)  # fmt: skip
"""Types that came after the change."""
ALL_IN_KURUS = ("payment_commands", "payment_events", "kitchen_commands", "kitchen_events")
"""Topics that did."""

PAID = [
    (topic, kind)
    for topic in all_topics().values()
    for kind in topic.messages
    if (_amounts(msgspec.inspect.type_info(kind)) or kind.__name__ in ("RestoreItems", "OrderRefused"))
    and kind.__name__ not in NEVER_IN_LIRA
    and topic.name not in ALL_IN_KURUS
]


@pytest.mark.parametrize(("topic", "kind"), PAID, ids=[kind.__name__ for _, kind in PAID])
def test_a_message_of_before_says_the_same_in_kurus(topic: Topic, kind: type[Message]) -> None:
    """The recorded pair: `.v1.json` in lira, the plain one in kuruş."""
    assert kind.schema_version >= 2
    folder = EXAMPLES / topic.name
    before = topic.decode(kind.__name__, (folder / f"{kind.__name__}.v1.json").read_bytes())
    now = topic.decode(kind.__name__, (folder / f"{kind.__name__}.json").read_bytes(), str(kind.schema_version))
    assert before == now


def _recorded(kind: type[Message], version: str = "") -> str:
    (path,) = EXAMPLES.glob(f"*/{kind.__name__}{version}.json")
    return path.read_text()


def _stored(**states: str) -> str:
    return "{" + ",".join(f'"{name}":{body}' for name, body in states.items()) + "}"


CONTENTS = _stored(
    lines=_stored(kebap=msgspec.json.encode(msgspec.json.decode(_recorded(LineSet, ".v1"))["line"]).decode()),
    last='{"order_id":"o","at":"2026-03-01T18:30:00Z","items":[{"meal_id":"m","quantity":2,"price_was":245.5}]}',
    coupon='"YAZ10"',
)
TERMS = '{"code":"YAZ10","kind":"fixed","value":12.5,"title":"","created_at":"2026-03-01T18:30:00Z","min_basket":99.9}'


def test_a_basket_of_before_is_read() -> None:
    found = BASKETS.form.decode(CONTENTS)
    assert isinstance(found, Contents)
    assert [line.price for line in found.lines.values()] == [24_550]
    assert found.last is not None and found.last.items[0].price_was == 24_550
    assert BASKETS.form.decode(BASKETS.form.encode(found)) == found


@pytest.mark.parametrize(
    ("name", "kind"), [("placed", OrderPlaced), ("drafted", OrderDrafted), ("refused", OrderRefused)]
)
def test_an_order_of_before_is_read(name: str, kind: type[Message]) -> None:
    found = ORDERS.form.decode(_stored(**{name: _recorded(kind, ".v1")}))
    topic = all_topics()["order_events"]
    assert getattr(found, name) == topic.decode(kind.__name__, _recorded(kind).encode(), "2")


def test_a_meal_a_restaurant_and_a_coupon_of_before_are_read() -> None:
    dish = '{"offer":{"restaurant_id":"r","details":{"name":"a","price":12.5,"options":[{"name":"o","price":0.1}]},"added_at":"2026-03-01T18:30:00Z"}}'  # noqa: E501
    offer = DISHES.form.decode(dish).offer
    assert offer is not None and (offer.details.price, offer.details.options[0].price) == (1_250, 10)
    house = '{"opened":{"owner_id":"o","details":{"name":"a","delivery_fee":29.9},"at":"2026-03-01T18:30:00Z"}}'
    opened = RESTAURANTS.form.decode(house).opened
    assert opened is not None and (opened.details.delivery_fee, opened.details.min_order_price) == (2_990, 0)
    terms = COUPONS.form.decode(_stored(terms=TERMS, used="3")).terms
    assert terms is not None and (terms.value, terms.min_basket, terms.max_discount) == (1_250, 9_990, None)


def test_copies_of_before_are_read() -> None:
    assert MEALS.form.decode('{"restaurant_id":"r","name":"a","price":12.5}').price == 1_250
    fee = RESTAURANT_COPIES.form.decode('{"name":"a","is_open":true,"delivery_fee":29.9,"min_order_price":100.0}')
    assert (fee.delivery_fee, fee.min_order_price) == (2_990, 10_000)
    terms = COUPON_COPIES.form.decode(_stored(terms=TERMS)).terms
    assert terms is not None and terms.value == 1_250


def test_the_totals_of_a_refusal_of_before_are_in_kurus() -> None:
    more = '{"lines":[{"meal_id":"m","name":"a","was":200.0,"is":245.5}],"total":520.9}'
    body = f'{{"user_id":"u","code":"price_changed","detail":"d","more":{more}}}'
    expected = {"lines": [{"meal_id": "m", "name": "a", "was": 20_000, "is": 24_550}], "total": 52_090}
    topics = all_topics()
    refused = topics["order_events"].decode("OrderRefused", body.encode())
    assert isinstance(refused, OrderRefused) and refused.more == expected
    state = ORDERS.form.decode(f'{{"refused":{body}}}').refused
    assert state is not None and state.more == expected
    sent = f'{{"order_id":"o","lines":[],"refusal":{{"code":"price_changed","detail":"d","more":{more}}}}}'
    back = topics["basket_commands"].decode("RestoreItems", sent.encode())
    assert isinstance(back, RestoreItems) and back.refusal is not None and back.refusal.more == expected
