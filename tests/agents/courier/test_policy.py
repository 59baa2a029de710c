from agents.courier import policy
from agents.courier.kept import Kept
from tests.agents.courier.scene import DENIZ
from tests.agents.scenario import NOW
from topics.contracts import order_commands
from topics.contracts.courier_events import CourierResigned, Delivered, DeliveryOpened, Event, Failed, PickedUp
from topics.contracts.order_commands import CompleteDelivery, FailDelivery, StartDelivery
from topics.deciding.decision import Send
from topics.messages.event import EventMeta

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
