"""The caller's deliveries, as their courier. The restaurant's owner reads them, too."""

from typing import get_args

import msgspec

from http_edge.routing.asked import Asked, parameter
from http_edge.routing.pages import Pages
from http_edge.routing.routes import CUSTOMER, Nothing, command, listing, shown, view
from topics import keys
from topics.contracts.courier_commands import (
    TOPIC,
    AcceptOffer,
    DeclineOffer,
    RecordDelivered,
    RecordDeliveryFailed,
    RecordPickup,
)
from topics.documents import Done
from topics.documents.courier import Delivery, KeptDelivery, Phase

DELIVERY = shown("delivery", "courier")

_kept = msgspec.json.Decoder(KeptDelivery)
_fields = msgspec.structs.fields(Delivery)


class OfPhase(msgspec.Struct, frozen=True, kw_only=True):
    """Query of the list. phase: None for all, those that are offered first."""

    phase: Phase | None = None


def delivery_of(document: bytes) -> KeptDelivery:
    return _kept.decode(document)


def _mine(asked: Asked) -> list[str]:
    phases = get_args(Phase) if asked.asks.phase is None else (asked.asks.phase,)
    return [keys.deliveries(asked.me, phase) for phase in phases]


def _item(document: bytes, member: str, asked: Asked) -> bytes | None:
    """None where it went to somebody else after the list was read."""
    kept = delivery_of(document)
    return _shown(kept) if kept.courier_id == asked.me else None


def _one(document: bytes, asked: Asked) -> bytes | None:
    kept = delivery_of(document)
    return _shown(kept) if asked.me in (kept.courier_id, kept.owner_id) else None


def _shown(kept: KeptDelivery) -> bytes:
    return msgspec.json.encode({each.encode_name: getattr(kept, each.name) for each in _fields})


ROUTES = (
    listing(
        "/deliveries", DELIVERY, indexes=_mine, newest_first=True, asks=OfPhase, item=_item,
        pages=Pages(default=20, most=100), who=CUSTOMER, gives=list[Delivery],
        says="The caller's deliveries as a courier: those that are offered, then those that run, then those that have ended; "
        "each the newest first.",
    ),
    view(
        "/deliveries/{order_id}", DELIVERY, key=parameter("order_id"), shape=_one, who=CUSTOMER, gives=Delivery,
        says="The delivery of an order, for its courier and for the owner of the restaurant.",
    ),
    command(
        "POST", "/deliveries/{order_id}/accept", AcceptOffer, to=TOPIC, key=parameter("order_id"), who=CUSTOMER,
        gives=Delivery, answers={409: ("offer_over", "delivery_ended")},
        says="Accept a delivery that is offered to the caller. The answer has the address.",
    ),
    command(
        "POST", "/deliveries/{order_id}/decline", DeclineOffer, to=TOPIC, takes=Nothing, key=parameter("order_id"),
        who=CUSTOMER, gives=Done, answers={409: "already_accepted"},
        says="Decline a delivery that is offered to the caller.",
    ),
    command(
        "POST", "/deliveries/{order_id}/pickup", RecordPickup, to=TOPIC, key=parameter("order_id"), who=CUSTOMER,
        gives=Delivery, answers={409: ("offer_over", "not_accepted", "delivery_ended")},
        says="The courier has picked the order up. `at`: when, if the app says it later.",
    ),
    command(
        "POST", "/deliveries/{order_id}/delivered", RecordDelivered, to=TOPIC, key=parameter("order_id"), who=CUSTOMER,
        gives=Delivery, answers={409: ("offer_over", "not_accepted", "not_picked_up", "delivery_ended")},
        says="The customer has the order. It has to be picked up before.",
    ),
    command(
        "POST", "/deliveries/{order_id}/failed", RecordDeliveryFailed, to=TOPIC, key=parameter("order_id"), who=CUSTOMER,
        gives=Delivery, answers={409: ("offer_over", "not_accepted", "delivery_ended")},
        says="The courier cannot deliver, and says why. The restaurant may ask another one.",
    ),
)  # fmt: skip
