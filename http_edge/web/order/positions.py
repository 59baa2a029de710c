"""Where the courier of an order is. Nobody decides anything by it, so it is no command: it is kept in Redis for a while, and
told to who follows the order."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec.structs import replace

from http_edge.reads.views import document_now
from http_edge.routing.asked import Asked
from http_edge.routing.routes import CUSTOMER, OwnRow
from http_edge.routing.stream_events import LatestValue
from http_edge.web.order.deliveries import DELIVERY, delivery_of
from http_edge.wire.answer import Answer, of_json
from http_edge.wire.problems import Problem, all_invalid, not_found
from stores.positioned import BETWEEN, KEPT
from topics import keys
from topics.contracts.courier_events import spot
from topics.documents.courier import PHASES, KeptDelivery, Position, PositionTaken
from topics.values.areas import kilometres
from topics.values.faults import Fault, Invalid
from topics.values.moments import fault

FURTHEST = 100
"""Kilometres from both the restaurant and the address. Nobody delivers from there, so it is a fault of the device: many say
0, 0 where they know no position."""

NOWHERE = 0.01
"""Degrees around 0, 0: what is refused where neither restaurant nor address has coordinates."""

POSITION = LatestValue("position", keys.position)
"""As the streams of an order tell it."""

STREAMED = "order_timeline"
"""The view whose followers hear of it."""


async def report(asked: Asked) -> Answer:
    """Raises Problem 404, 409, 422 and 429."""
    order_id, now = asked.parameters["order_id"], asked.edge.now()
    said: Position = asked.body
    document = await document_now(asked, DELIVERY, order_id)
    delivery = delivery_of(document) if document else None
    if delivery is None or delivery.courier_id != asked.me:
        raise not_found()
    if PHASES[delivery.status] != "running":
        raise Problem(409, "not_running", "This delivery is not under way.", more={"delivery_status": delivery.status})
    if faults := list(_faults(said, delivery, now)):
        raise all_invalid(Invalid(faults))
    at = min((said.at or now).astimezone(UTC), now)
    if at < now - timedelta(seconds=KEPT):
        return of_json(PositionTaken(shown=False))
    body = msgspec.json.encode(replace(said, at=at))
    outcome = await asked.edge.positions.put(order_id, int(at.timestamp() * 1000), body, STREAMED)
    if outcome == "soon":
        later = {"Retry-After": str(BETWEEN)}
        raise Problem(429, "too_many_positions", f"One position in {BETWEEN} seconds is enough.", headers=later)
    return of_json(PositionTaken(shown=outcome == "shown"))


def _faults(said: Position, delivery: KeptDelivery, now: datetime) -> Iterable[Fault]:
    if said.at is not None and (why := fault(said.at, now)) is not None:
        yield Fault("at", why)
    if _is_astray(said, delivery):
        yield Fault("latitude", "is a position from which nobody delivers this order")


def _is_astray(said: Position, delivery: KeptDelivery) -> bool:
    destination = None if delivery.address is None else spot(delivery.address)
    known = [each for each in (delivery.restaurant_spot, destination) if each is not None]
    if not known:
        return max(abs(said.latitude), abs(said.longitude)) < NOWHERE
    return all(kilometres(said, each) > FURTHEST for each in known)


ROUTES = (
    OwnRow(
        method="POST", path="/deliveries/{order_id}/position", who=CUSTOMER, takes=Position, gives=PositionTaken,
        handle=report, reads=(DELIVERY,),
        problems={404: ("not_found",), 409: ("not_running",), 422: ("invalid_input",), 429: ("too_many_positions",)},
        says="Where the courier is, every few seconds while the delivery is under way: followers of the order hear of it. "
        "One that is older than the last is dropped.",
    ),
)  # fmt: skip
