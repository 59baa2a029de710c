from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from agents.analytics.known import FORM, ORDER_FACTS, OpenOrder, OrderFact
from agents.analytics.reasons import REASONS, reason_of
from tests.agents.scenario import LATER, NOW
from topics.contracts.address_events import SavedAddress
from topics.contracts.order_events import (
    DeliveryFailed,
    OrderAccepted,
    OrderCancelled,
    OrderDelivered,
    OrderDrafted,
    OrderErased,
    OrderExpired,
    OrderPickedUp,
    OrderPlaced,
    OrderRejected,
    OrderSentToKitchen,
    PaymentRefused,
    PaymentSettled,
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
ABOUT: Any = {"user_id": USER, "restaurant_id": "r-1", "at": LATER}
SENT = OrderSentToKitchen(
    restaurant_name="Lokanta", items=PLACED.items, note=PLACED.note, due_at=None, expires_at=LATER, delivery=True,
    payment_method="cash", total=31500, **(ABOUT | {"at": NOW + timedelta(seconds=20)}),
)  # fmt: skip
ACCEPTED = OrderAccepted(by="kitchen", prep_time=20, ready_at=LATER, delivery=True, **ABOUT)
UNPAID = PaymentRefused(code="declined", detail="Ayşe's card was declined", **ABOUT)
FAILED = DeliveryFailed(by="courier", courier_id="c-1", reason="Moda Caddesi 12: kapı açılmadı", **ABOUT)
CANCELLED = OrderCancelled(user_id=USER, reason="Yanlış adres: Moda Caddesi 12", cancelled_at=LATER)
GIVEN_UP = replace(CANCELLED, by="system", reason="it could not be delivered")
REJECTED = OrderRejected(by="owner", reason="Malzeme kalmadı", **ABOUT)
EXPIRED = OrderExpired(by="system", reason="the restaurant did not answer in time", **ABOUT)
DELIVERED = OrderDelivered(user_id=USER, restaurant_id="r-1", delivered_at=LATER)
PICKED_UP = OrderPickedUp(by="owner", **ABOUT)
BACK = PaymentSettled(kind="refunded", amount=9000, **ABOUT)
SOLD_BACK = replace(BACK, at=LATER + timedelta(days=3), sold_at=LATER)


def facts(*events: Message) -> list[OrderFact]:
    """What is made of them, one after the other."""
    before: OpenOrder | None = None
    found: list[OrderFact] = []
    for version, event in enumerate(events, 1):
        meta = EventMeta(f"event-{version}", ORDER, version, NOW if version == 1 else LATER)
        made: Any = ORDER_FACTS.documents(before, event, meta)  # type: ignore[arg-type]
        assert all(document.id == meta.id and document.day == NOW.date() for document in made)
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


def test_of_an_acceptance_it_is_told_how_long_it_took_since_the_restaurant_saw_the_order():
    _, accepted = facts(PLACED, SENT, ACCEPTED)
    assert (accepted.event, accepted.at, accepted.by, accepted.seconds) == ("accepted", LATER, "kitchen", 280)


def test_a_setting_that_accepts_takes_no_time_of_the_restaurants():
    for accepted in (facts(PLACED, SENT, replace(ACCEPTED, by="auto"))[-1], facts(PLACED, ACCEPTED)[-1]):
        assert accepted.event == "accepted" and accepted.seconds is None


def test_a_customer_who_fetches_an_order_has_bought_it_too():
    assert [fact.event for fact in facts(PLACED, SENT, ACCEPTED, PICKED_UP)] == ["placed", "accepted", "sold"]


@pytest.mark.parametrize(
    ("events", "event", "by", "reason"),
    [
        ((CANCELLED,), "cancelled", "customer", "mistake"),
        ((SENT, replace(CANCELLED, by="owner", reason="Kurye yok")), "cancelled", "owner", "no_courier"),
        ((SENT, REJECTED), "rejected", "owner", "out_of_stock"),
        ((replace(REJECTED, by="system", reason="the restaurant is closed"),), "rejected", "system", "closed"),
        ((SENT, EXPIRED), "expired", "system", "unanswered"),
        ((replace(EXPIRED, reason="the payment was not confirmed in time"),), "expired", "system", "unpaid"),
        ((UNPAID, replace(GIVEN_UP, reason=UNPAID.detail)), "cancelled", "system", "unpaid"),
        ((SENT, ACCEPTED, FAILED, GIVEN_UP), "cancelled", "system", "undelivered"),
        ((replace(GIVEN_UP, reason=""), OrderErased(user_id=USER, previous_order_id=None)), "cancelled", "system", "unsaid"),
    ],
)  # fmt: skip
def test_what_ends_without_a_delivery_says_who_ended_it_and_why_in_one_word(
    events: tuple[Message, ...], event: str, by: str, reason: str
):
    ended = facts(PLACED, *events)[-1]
    assert (ended.event, ended.by, ended.reason) == (event, by, reason)
    assert reason in REASONS


@pytest.mark.parametrize(
    "end", [CANCELLED, DELIVERED, PICKED_UP, REJECTED, EXPIRED], ids=lambda end: type(end).__name__
)
def test_an_order_that_has_ended_is_forgotten_and_nothing_more_is_made_of_it(end: Message):
    refunded = PaymentSettled(kind="refunded", amount=100, **ABOUT)
    assert facts(PLACED, end, refunded, DELIVERED, CANCELLED) == facts(PLACED, end)


def test_what_is_paid_back_of_a_sale_is_a_fact_of_the_moment_of_the_sale():
    for end in (DELIVERED, PICKED_UP):
        *_, first, second = facts(PLACED, SENT, ACCEPTED, end, SOLD_BACK, replace(SOLD_BACK, amount=500))
        assert (first.event, first.at, first.restaurant_id, first.total) == ("refunded", LATER, "r-1", 9000)
        assert (second.event, second.total) == ("refunded", 500)


def test_what_is_paid_back_before_it_is_sold_is_not_sold():
    assert [fact.total for fact in facts(PLACED, BACK, DELIVERED)] == [31500, 22500]
    captured = PaymentSettled(kind="captured", amount=31500, **ABOUT)
    assert [fact.total for fact in facts(PLACED, captured, DELIVERED)] == [31500, 31500]


def test_what_is_paid_back_of_an_order_that_came_to_nothing_was_never_sold():
    refunded = PaymentSettled(kind="refunded", amount=31500, **ABOUT)
    assert [fact.event for fact in facts(PLACED, SENT, ACCEPTED, CANCELLED, refunded)] == [
        "placed",
        "accepted",
        "cancelled",
    ]


def test_an_order_of_an_account_that_is_erased_is_still_sold():
    erased = OrderErased(user_id=USER, previous_order_id=None)
    assert [fact.event for fact in facts(PLACED, SENT, ACCEPTED, erased, DELIVERED)] == ["placed", "accepted", "sold"]


def test_a_draft_is_no_order():
    assert facts(OrderDrafted(order=PLACED)) == []


def test_no_document_names_a_person():
    said = "".join(
        msgspec.json.encode(fact).decode()
        for fact in facts(PLACED, SENT, ACCEPTED, FAILED, UNPAID, CANCELLED, DELIVERED)
    )
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
        ("a plate was broken", "other"),
    ],
)
def test_a_reason_is_one_of_few_words(said: str, reason: str):
    assert reason_of(said) == reason and reason in REASONS
