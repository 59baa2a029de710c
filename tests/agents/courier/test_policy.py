from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

import topics
from agents.courier import policy
from agents.courier.kept import Kept
from tests.agents.courier.scene import DENIZ, HOME
from tests.agents.scenario import NOW
from topics import keys
from topics.contracts import courier_commands, order_commands, order_events
from topics.contracts.courier_commands import (
    CloseDelivery,
    EraseCourier,
    EraseDelivery,
    ExpectDelivery,
    OpenDelivery,
)
from topics.contracts.courier_events import CourierResigned, Delivered, DeliveryOpened, Event, Failed, PickedUp
from topics.contracts.order_commands import CompleteDelivery, FailDelivery, StartDelivery
from topics.contracts.order_events import OrderPlaced
from topics.contracts.user_erased import UserErased
from topics.deciding.decision import Origin, Send
from topics.messages.event import EventMeta
from topics.messages.message import Message

EXAMPLES = Path(topics.__file__).parent / "examples" / "order_events"
TYPES = {kind.__name__: kind for kind in order_events.TOPIC.messages}
META = EventMeta("event-1", "order-1", 3, NOW)


def told(event: Event) -> list[Send]:
    return list(policy.react(event, META, Kept()))


def test_the_order_is_told_of_pickup_delivery_and_failure() -> None:
    assert told(PickedUp(courier_id=DENIZ, at=NOW)) == [
        Send(order_commands.TOPIC, "order-1", StartDelivery(courier_id=DENIZ, at=NOW))
    ]
    assert told(Delivered(courier_id=DENIZ, at=NOW)) == [
        Send(order_commands.TOPIC, "order-1", CompleteDelivery(courier_id=DENIZ, at=NOW))
    ]
    failed = Failed(courier_id=DENIZ, reason="Kaza", at=NOW, picked_up=True)
    assert told(failed) == [
        Send(order_commands.TOPIC, "order-1", FailDelivery(courier_id=DENIZ, reason="Kaza", at=NOW))
    ]


def test_what_concerns_nobody_else_is_told_to_nobody() -> None:
    """The order waits for the next courier, as it did before."""
    assert told(Failed(courier_id=DENIZ, reason="Kaza", at=NOW, picked_up=False)) == []
    assert told(DeliveryOpened()) == told(CourierResigned()) == []


def of_order(name: str) -> list[Send]:
    """What follows from the example of this event."""
    body = (EXAMPLES / f"{name}.json").read_bytes()
    message: Any = order_events.TOPIC.decode(name, body, str(TYPES[name].schema_version))
    return list(policy.follow(message, Origin("event-1", "order", NOW, aggregate_id="order-1", key="somebody-else")))


@pytest.mark.parametrize(
    ("event", "command"),
    [
        ("OrderAccepted", OpenDelivery()),
        ("OrderDelivered", CloseDelivery(outcome="delivered")),
        ("OrderPickedUp", CloseDelivery(outcome="delivered")),
        ("OrderCancelled", CloseDelivery(outcome="cancelled")),
        ("OrderRejected", CloseDelivery(outcome="cancelled")),
        ("OrderExpired", CloseDelivery(outcome="cancelled")),
        ("OrderErased", EraseDelivery()),
    ],
)
def test_a_delivery_follows_its_order(event: str, command: Message) -> None:
    assert of_order(event) == [Send(courier_commands.TOPIC, "order-1", command)]


def test_an_order_that_is_brought_is_expected_with_its_address() -> None:
    placed = msgspec.json.decode((EXAMPLES / "OrderPlaced.json").read_bytes(), type=OrderPlaced)
    brought = replace(placed, pickup=False, delivery_address=HOME)
    origin = Origin("event-1", "order", NOW, aggregate_id="order-1")
    expected = ExpectDelivery(restaurant_id=placed.restaurant_id, restaurant_name=placed.restaurant_name, address=HOME)
    assert list(policy.follow(brought, origin)) == [Send(courier_commands.TOPIC, "order-1", expected)]
    assert list(policy.follow(replace(placed, pickup=True), origin)) == []


def test_what_else_becomes_of_an_order_changes_no_delivery() -> None:
    followed = {"OrderPlaced", "OrderAccepted", "OrderDelivered", "OrderPickedUp", "OrderCancelled", "OrderRejected"}
    others = TYPES.keys() - followed - {"OrderExpired", "OrderErased"}
    assert [name for name in others if of_order(name)] == []


def test_who_is_erased_is_no_courier() -> None:
    sends = list(policy.erase(UserErased(user_id=DENIZ, erased_at=NOW), Origin("event-1", "auth", NOW, key="x")))
    assert sends == [Send(courier_commands.TOPIC, keys.courier(DENIZ), EraseCourier())]
