"""What couriers and restaurants see of deliveries. The state of a delivery is the same document."""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from msgspec.structs import asdict, fields, replace

from topics import keys
from topics.contracts import courier_events
from topics.contracts.courier_events import (
    CourierErased,
    CourierRegistered,
    CourierResigned,
    CourierWithdrawn,
    Delivered,
    DeliveryAccepted,
    DeliveryClosed,
    DeliveryErased,
    DeliveryExpected,
    DeliveryOffered,
    DeliveryOpened,
    Event,
    Failed,
    OfferDeclined,
    OfferEnded,
    PickedUp,
)
from topics.deciding.projection import Shown, View
from topics.documents.courier import PHASES, Courier, Delivery, DeliveryStatus, KeptDelivery
from topics.messages.event import EventMeta


def after(before: KeptDelivery | None, event: Event) -> KeptDelivery | None:
    """The delivery after the event; None before it was offered for the first time."""
    if isinstance(event, DeliveryOffered):
        return KeptDelivery(
            order_id=event.order_id,
            restaurant_id=event.restaurant_id,
            restaurant_name=event.restaurant_name,
            status="offered",
            courier_id=event.courier_id,
            city=event.city,
            district=event.district,
            offered_at=event.offered_at,
            offer_ends_at=event.ends_at,
            owner_id=event.owner_id,
            restaurant_spot=event.restaurant_spot,
        )
    if before is None:
        return None
    match event:
        case OfferDeclined() | OfferEnded() | CourierWithdrawn():
            return replace(before, status="open", courier_id=None, address=None, accepted_at=None)
        case DeliveryAccepted():
            return replace(before, status="accepted", accepted_at=event.at, address=event.address)
        case PickedUp():
            return replace(before, status="picked_up", picked_up_at=event.at)
        case Delivered():
            return _ended(before, "delivered", event.at)
        case Failed():
            return replace(_ended(before, "failed", event.at), reason=event.reason)
        case DeliveryClosed():
            return _closed(before, event)
        case DeliveryErased():
            return replace(before, address=None)
        case DeliveryExpected() | DeliveryOpened():
            return before
        case CourierRegistered() | CourierResigned() | CourierErased():
            return before  # of a courier, who is another aggregate
        case _:
            assert_never(event)


def _closed(before: KeptDelivery, event: DeliveryClosed) -> KeptDelivery:
    """What the courier said of its end stays. Who was only asked has no part in it."""
    if PHASES.get(before.status) == "ended":
        return before
    had = before.courier_id if before.accepted_at is not None else None
    return replace(_ended(before, event.outcome, event.at), courier_id=had)


def _ended(before: KeptDelivery, status: DeliveryStatus, at: datetime) -> KeptDelivery:
    return replace(before, status=status, ended_at=at, address=None)


def delivery(kept: KeptDelivery) -> Delivery:
    """What its courier is shown, and its restaurant."""
    known = asdict(kept)
    return Delivery(**{each.name: known[each.name] for each in fields(Delivery)})


def show(before: KeptDelivery | None, event: Event, meta: EventMeta) -> Shown[KeptDelivery]:
    return Shown(after(before, event))


def indexes(document: KeptDelivery) -> Mapping[str, float]:
    """A courier's deliveries by when they were offered."""
    phase = PHASES.get(document.status)
    if phase is None or document.courier_id is None:
        return {}
    return {keys.deliveries(document.courier_id, phase): document.offered_at.timestamp()}


def courier(event: CourierRegistered) -> Courier:
    """The document, and the answer to the courier."""
    return Courier(id=event.user_id, name=event.name, since=event.at)


def show_courier(before: Courier | None, event: Event, meta: EventMeta) -> Shown[Courier]:
    match event:
        case CourierRegistered():
            return Shown(courier(event))
        case CourierResigned() | CourierErased():
            return Shown(None)
        case _:
            return Shown(before)


DELIVERY = View[KeptDelivery, Event](
    name="delivery", topic=courier_events.TOPIC, document=KeptDelivery, show=show, indexes=indexes
)
COURIER = View[Courier, Event](name="courier", topic=courier_events.TOPIC, document=Courier, show=show_courier)
