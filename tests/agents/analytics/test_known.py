from typing import Any

import msgspec
import pytest

from agents.analytics.known import FORM, ORDER_FACTS, OpenOrder, OrderFact
from agents.analytics.reasons import REASONS, reason_of
from tests.agents.scenario import LATER, NOW
from topics.contracts.address_events import SavedAddress
from topics.contracts.order_events import (
    OrderCancelled,
    OrderDelivered,
    OrderDrafted,
    OrderErased,
    OrderPlaced,
    PricedItem,
)
from topics.messages.event import EventMeta
from topics.messages.message import Message

USER, ORDER = "ayse-user-id", "order-1"
LAHMACUN = PricedItem(meal_id="m-1", name="Lahmacun", quantity=2, price=9000, total=18000, note="Ayşe için, kapı 7")
SPICY = PricedItem(meal_id="m-1", name="Lahmacun", quantity=1, price=9500, total=9500)
AYRAN = PricedItem(meal_id="m-2", name="Ayran", quantity=1, price=2500, total=2500)
HOME = SavedAddress(
    id="a-1", title="Ev", address="Moda Caddesi 12", city="İstanbul", district="Kadıköy", full_address="Moda 12",
    zip_code="34710", apartment=None, floor=None, door_number=None, latitude=None, longitude=None, created_at=NOW,
    updated_at=NOW,
)  # fmt: skip
PLACED = OrderPlaced(
    user_id=USER, restaurant_id="r-1", restaurant_name="Lokanta", items=(LAHMACUN, SPICY, AYRAN), subtotal=30000, discount=0,
    delivery_fee=1500, total=31500, payment_method="cash", placed_at=NOW, address_id="a-1", note="zile basmayın",
    delivery_address=HOME,
)  # fmt: skip
CANCELLED = OrderCancelled(user_id=USER, reason="Yanlış adres: Moda Caddesi 12", cancelled_at=LATER)
DELIVERED = OrderDelivered(user_id=USER, restaurant_id="r-1", delivered_at=LATER)


def facts(*events: Message) -> list[OrderFact]:
    """What is made of them, one after the other."""
    before: OpenOrder | None = None
    found: list[OrderFact] = []
    for version, event in enumerate(events, 1):
        meta = EventMeta(f"event-{version}", ORDER, version, NOW if version == 1 else LATER)
        made: Any = ORDER_FACTS.documents(before, event, meta)  # type: ignore[arg-type]
        assert all(document.id == meta.id and document.day == meta.at.date() for document in made)
        found += [msgspec.json.decode(document.body, type=OrderFact) for document in made]
        before = ORDER_FACTS.known.show(before, event, meta).document  # type: ignore[arg-type]
    return found


def test_an_order_is_counted_when_it_is_placed_and_sold_when_its_customer_has_it():
    placed, sold = facts(PLACED, DELIVERED)
    assert (placed.event, placed.at, placed.restaurant_id, placed.total) == ("placed", NOW, "r-1", 31500)
    assert (sold.event, sold.at, sold.restaurant_id, sold.total) == ("sold", LATER, "r-1", 31500)
    assert placed.meals == (), "what is not sold is no meal sold"


def test_a_meal_with_several_options_is_one_meal():
    _, sold = facts(PLACED, DELIVERED)
    assert [(each.meal_id, each.quantity, each.total) for each in sold.meals] == [("m-1", 3, 27500), ("m-2", 1, 2500)]


def test_what_ends_without_a_delivery_says_who_ended_it_and_why_in_one_word():
    _, cancelled = facts(PLACED, CANCELLED)
    assert (cancelled.event, cancelled.by, cancelled.reason) == ("cancelled", "customer", "mistake")


@pytest.mark.parametrize("end", [CANCELLED, DELIVERED, OrderErased(user_id=USER, previous_order_id=None)])
def test_an_order_that_has_ended_is_forgotten_and_nothing_more_is_made_of_it(end: Message):
    assert facts(PLACED, end, DELIVERED, CANCELLED) == facts(PLACED, end)


def test_a_draft_is_no_order():
    assert facts(OrderDrafted(order=PLACED)) == []


def test_no_document_names_a_person():
    said = "".join(msgspec.json.encode(fact).decode() for fact in facts(PLACED, CANCELLED) + facts(PLACED, DELIVERED))
    for text in (USER, "Ayşe", "Moda", "Kadıköy", "zile", "kapı", "a-1"):
        assert text not in said


def test_the_index_takes_each_field_of_a_document_and_no_other():
    properties: Any = FORM["properties"]
    assert set(properties) == set(OrderFact.__struct_fields__)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("", "unsaid"),
        ("  ", "unsaid"),
        ("Stokta yok", "out_of_stock"),
        ("lahmacun BİTTİ", "out_of_stock"),
        ("Çok yoğunuz", "too_busy"),
        ("çok geç kaldı", "too_late"),
        ("I changed my mind", "changed_mind"),
        ("vazgeçtim", "changed_mind"),
        ("kurye yok", "no_courier"),
        ("Ben Ayşe, kapı kodu 1234", "other"),
        ("payment_failed", "other"),
        ("a plate was broken", "other"),
    ],
)
def test_a_reason_is_one_of_few_words(said: str, reason: str):
    assert reason_of(said, own=False) == reason and reason in REASONS


@pytest.mark.parametrize(
    ("said", "reason"), [("payment_failed", "payment_failed"), ("Ben Ayşe", "other"), ("x" * 90, "other")]
)
def test_the_products_own_words_stay(said: str, reason: str):
    assert reason_of(said, own=True) == reason
