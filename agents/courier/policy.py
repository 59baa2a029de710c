"""A delivery follows its order, and tells it what the courier did. Who is erased is no courier."""

from collections.abc import Iterable

from agents.courier.kept import Kept
from topics import keys
from topics.contracts import courier_commands, order_commands, order_events
from topics.contracts.courier_commands import (
    CloseDelivery,
    Command,
    EraseCourier,
    EraseDelivery,
    ExpectDelivery,
    OpenDelivery,
)
from topics.contracts.courier_events import Delivered, Event, Failed, PickedUp
from topics.contracts.order_commands import CompleteDelivery, FailDelivery, StartDelivery
from topics.contracts.order_events import (
    OrderAccepted,
    OrderCancelled,
    OrderDelivered,
    OrderErased,
    OrderExpired,
    OrderPickedUp,
    OrderPlaced,
    OrderRejected,
)
from topics.contracts.user_erased import UserErased
from topics.deciding.decision import Origin, Send
from topics.messages.event import EventMeta


def react(event: Event, meta: EventMeta, kept: Kept) -> Iterable[Send]:
    """A courier who gives up before the pickup leaves the order as it is: another one is asked."""
    match event:
        case PickedUp(courier_id=courier_id, at=at):
            start = StartDelivery(courier_id=courier_id, at=at)
            yield Send(order_commands.TOPIC, meta.aggregate_id, start)
        case Delivered(courier_id=courier_id, at=at):
            complete = CompleteDelivery(courier_id=courier_id, at=at)
            yield Send(order_commands.TOPIC, meta.aggregate_id, complete)
        case Failed(courier_id=courier_id, reason=reason, at=at, picked_up=True):
            fail = FailDelivery(courier_id=courier_id, reason=reason, at=at)
            yield Send(order_commands.TOPIC, meta.aggregate_id, fail)
        case _:
            pass


def follow(message: order_events.Event, origin: Origin) -> Iterable[Send]:
    command = _of(message)
    if command is not None and origin.aggregate_id is not None:
        yield Send(courier_commands.TOPIC, origin.aggregate_id, command)


def _of(message: order_events.Event) -> Command | None:
    match message:
        case OrderPlaced(pickup=False):
            return ExpectDelivery(
                restaurant_id=message.restaurant_id,
                restaurant_name=message.restaurant_name,
                address=message.delivery_address,
            )
        case OrderAccepted():
            return OpenDelivery()
        case OrderDelivered() | OrderPickedUp():
            return CloseDelivery(outcome="delivered")
        case OrderCancelled() | OrderRejected() | OrderExpired():
            return CloseDelivery(outcome="cancelled")
        case OrderErased():
            return EraseDelivery()
        case _:
            return None


def erase(message: UserErased, origin: Origin) -> Iterable[Send]:
    yield Send(courier_commands.TOPIC, keys.courier(message.user_id), EraseCourier())
