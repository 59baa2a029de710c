"""Which event of an order is told to whom."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from agents.notification.orders import LINES, OPTIONS, translate
from agents.notification.recipient import restaurant
from tests.agents.order.test_decider import PLACED
from tests.agents.scenario import NOW
from topics.contracts import notification_commands, order_events
from topics.contracts.notification_commands import ConfirmOrder, TellOfOrder, TellOwner
from topics.contracts.notification_events import OrderNews
from topics.contracts.order_events import (
    DeliveryFailed,
    KitchenReminded,
    OrderAccepted,
    OrderCancelled,
    OrderDelayed,
    OrderDelivered,
    OrderErased,
    OrderExpired,
    OrderOnTheWay,
    OrderPickedUp,
    OrderReady,
    OrderRefused,
    OrderRejected,
    OrderSentToKitchen,
    PaymentRefused,
    PaymentSettled,
)
from topics.deciding.choosing import ChosenOption
from topics.deciding.decision import Origin, Send
from topics.messages.ids import derive
from topics.messages.message import Message

ORIGIN = Origin(id="m-1", source="lezzet/order", at=NOW, aggregate_id="o-1", key="a key not to be trusted")
USER, HOUSE = PLACED.user_id, PLACED.restaurant_id
OF: dict[str, Any] = {"user_id": USER, "restaurant_id": HOUSE, "at": NOW}
READY = NOW + timedelta(minutes=25)
ITEM = PLACED.items[0]
SENT = OrderSentToKitchen(
    **OF, restaurant_name="Mahmut", items=PLACED.items, note="no onions", due_at=None, expires_at=READY,
    delivery=True, payment_method="cash", total=61_120,
)  # fmt: skip


def news(about: Any, **more: Any) -> OrderNews:
    return OrderNews(about=about, order_id="o-1", restaurant_id=HOUSE, **more)


def to_customer(about: str, **more: Any) -> Send:
    return Send(notification_commands.TOPIC, USER, TellOfOrder(news=news(about, **more)))


def to_owner(about: str, **more: Any) -> Send:
    told = TellOwner(news=news(about, **more))
    return Send(notification_commands.TOPIC, restaurant(HOUSE), told, suffix=" to the owner")


CANCELLED = OrderCancelled(user_id=USER, restaurant_id=HOUSE, reason="too late", cancelled_at=NOW)

TOLD: list[tuple[Message, list[Send]]] = [
    (PaymentRefused(**OF, code="c", detail="no funds"), [to_customer("order_payment_refused", reason="no funds")]),
    (
        OrderAccepted(**OF, by="owner", prep_time=25, ready_at=READY, delivery=True),
        [to_customer("order_accepted", at=READY)],
    ),
    (
        OrderDelayed(**OF, by="owner", minutes=10, reason="the oven", ready_at=READY),
        [to_customer("order_delayed", minutes=10, reason="the oven", at=READY)],
    ),
    (OrderReady(**OF, by="owner", delivery=False), [to_customer("order_ready")]),
    (OrderReady(**OF, by="owner", delivery=True), []),
    (OrderOnTheWay(**OF, by="courier", courier_id="c-1"), [to_customer("order_on_the_way")]),
    (
        OrderDelivered(user_id=USER, restaurant_id=HOUSE, delivered_at=NOW, by="courier"),
        [to_customer("order_delivered")],
    ),
    (OrderPickedUp(**OF, by="owner"), [to_customer("order_picked_up")]),
    (
        DeliveryFailed(**OF, by="courier", courier_id="c-1", reason="nobody there"),
        [to_customer("order_delivery_failed", reason="nobody there")],
    ),
    (OrderRejected(**OF, by="kitchen", reason="no dough"), [to_customer("order_rejected", reason="no dough")]),
    (OrderExpired(**OF, by="system", reason="nobody answered"), [to_customer("order_expired")]),
    (replace(CANCELLED, by="owner"), [to_customer("order_cancelled", reason="too late")]),
    (CANCELLED, [to_customer("order_cancelled", reason="too late"), to_owner("restaurant_order_cancelled")]),
    (replace(CANCELLED, by="system", for_payment=True), []),
    (replace(CANCELLED, at_restaurant=False), [to_customer("order_cancelled", reason="too late")]),
    (PaymentSettled(**OF, kind="refunded", amount=500), [to_customer("order_refunded", amount=500)]),
    (PaymentSettled(**OF, kind="captured", amount=500), []),
    (PaymentSettled(**OF, kind="voided", amount=500), []),
    (KitchenReminded(**OF, expires_at=READY), [to_owner("restaurant_order_reminder", at=READY)]),
    (OrderRefused(user_id=USER, code="c", detail="d"), []),
    (OrderErased(user_id=USER, previous_order_id=None), []),
]


@pytest.mark.parametrize(("event", "sends"), TOLD, ids=[type(event).__name__ for event, _ in TOLD])
def test_an_event_is_told_to_whom_it_concerns(event: Any, sends: list[Send]) -> None:
    assert list(translate(event, ORIGIN)) == sends


def test_a_placement_is_confirmed() -> None:
    expected = ConfirmOrder(order_id="o-1", restaurant_id=HOUSE, restaurant_name="Mahmut", total=61_120)
    assert list(translate(PLACED, ORIGIN)) == [Send(notification_commands.TOPIC, USER, expected)]


@pytest.mark.parametrize(("auto", "about"), [(False, "restaurant_order_new"), (True, "restaurant_order_taken")])
def test_the_owner_is_told_of_a_new_order_and_not_of_its_notes(auto: bool, about: str) -> None:
    (sent,) = translate(replace(SENT, auto=auto), ORIGIN)
    items = tuple(f"{item.quantity} x {item.name}" for item in PLACED.items)
    assert sent == to_owner(about, amount=61_120, items=items)
    assert b"onions" not in notification_commands.TOPIC.encode(sent.message)


def test_what_was_chosen_of_a_meal_is_told_and_many_choices_are_cut() -> None:
    chosen = (
        ChosenOption(name="Acı", choice="az", price=0),
        ChosenOption(name="Büyük boy", choice="Büyük boy", price=4_500),
    )
    (sent,) = translate(
        replace(SENT, items=(replace(ITEM, options=chosen), replace(ITEM, options=chosen * 20))), ORIGIN
    )
    assert isinstance(sent.message, TellOwner)
    some, many = sent.message.news.items
    assert some == f"{ITEM.quantity} x {ITEM.name} (Acı: az, Büyük boy)"
    assert many.count("Acı: az") == OPTIONS // 2 and many.endswith(", …)")


def test_a_long_order_is_cut_in_the_mail() -> None:
    (sent,) = translate(replace(SENT, items=(ITEM,) * 100), ORIGIN)
    assert isinstance(sent.message, TellOwner)
    assert len(sent.message.news.items) == LINES + 1 and sent.message.news.items[-1] == "…"


def test_an_order_of_before_its_restaurant_was_named_tells_its_customer_alone() -> None:
    (sent,) = translate(replace(CANCELLED, restaurant_id=""), ORIGIN)
    assert sent.key == USER


def test_customer_and_owner_get_commands_of_their_own() -> None:
    ids = [derive("cause", send.topic.name + send.suffix) for send in translate(CANCELLED, ORIGIN)]
    assert len(set(ids)) == 2


def test_every_message_has_been_thought_of() -> None:
    """An event that is new to the orders: decide here whether somebody is told."""
    thought_of = {type(event).__name__ for event, _ in TOLD} | {"OrderPlaced", "OrderSentToKitchen"}
    silent = {
        "OrderDrafted", "SlotHeld", "SlotReturned", "SlotAwaited", "CouponReturned", "OutcomeAwaited", "BasketReturned",
        "PaymentChallenged", "PaymentConfirmed", "OrderScheduled", "OrderPreparing",
    }  # fmt: skip
    assert thought_of | silent == {kind.__name__ for kind in order_events.TOPIC.messages}
