"""The caller's orders."""

import msgspec

from http_edge.reads.stream import StreamEnd
from http_edge.reads.views import document_now
from http_edge.routing.asked import Asked, own, parameter
from http_edge.routing.pages import Pages
from http_edge.routing.routes import CUSTOMER, EITHER, LiveRow, Nothing, ViewOf, command, listing, shown, view
from http_edge.routing.stream_events import DocumentEvents, StreamEvent
from http_edge.web.browse.meals import MEAL
from http_edge.web.order.own_basket import TOO_MUCH
from http_edge.web.order.positions import POSITION
from http_edge.wire.amounts import Documents
from http_edge.wire.problems import not_found
from topics import keys
from topics.contracts import basket_commands
from topics.contracts.basket_commands import OrderedBefore, Reorder
from topics.contracts.order_commands import TOPIC, CancelOrder
from topics.deciding.choosing import wished
from topics.deciding.refusals import ORDER_CODES
from topics.documents.courier import Position
from topics.documents.order import Order, OrderMoment, OrderTimeline, Reordered
from topics.values.fields import LAST_STATUSES, MAX_QUANTITY, Note

ORDER = shown("order", "order")
TIMELINE = shown("order_timeline", "order")

_order = Documents(Order)
_timeline = msgspec.json.Decoder(OrderTimeline)

NEWEST = Pages(default=100, most=100)
"""An order has up to 250 KB."""


def mine(asked: Asked) -> tuple[str]:
    """Indexes: the caller's orders by time."""
    return (keys.orders(asked.me),)


class Cancellation(msgspec.Struct, frozen=True):
    reason: Note = ""


async def _again(asked: Asked) -> Reorder:
    """Raises Problem 404 where it is no order of the caller's."""
    order = await _own_order(asked, asked.parameters["id"])
    wanted: dict[str, OrderedBefore] = {}
    for item in order.items:
        before = wanted[item.meal_id].quantity if item.meal_id in wanted else 0
        quantity = min(MAX_QUANTITY, before + item.quantity)
        wanted[item.meal_id] = OrderedBefore(
            meal_id=item.meal_id, quantity=quantity, name=item.name, note=item.note, options=wished(item.options)
        )
    return Reorder(items=tuple(wanted.values()))


async def _own_order(asked: Asked, name: str) -> Order:
    """As the view shows it, once it shows what the caller wrote. Raises Problem 404 and 503."""
    body = await document_now(asked, ORDER, name)
    order = _order.decode(body) if body else None
    if order is None or order.user_id != asked.me:
        raise not_found()
    return order


async def _meals_of_order(asked: Asked) -> list[tuple[ViewOf, str]]:
    """`has_seen` of a reorder. Empty where there is no such order: _again() refuses it."""
    (stored,) = await asked.edge.reads.get((keys.document(ORDER.name, asked.parameters["id"]),))
    body = b"" if stored is None else keys.split(stored)[1]
    return [(MEAL, item.meal_id) for item in _order.decode(body).items] if body else []


def _moments(document: bytes, asked: Asked) -> bytes:
    return msgspec.json.encode(_timeline.decode(document).moments)


def _events(document: bytes) -> DocumentEvents:
    moments = _timeline.decode(document).moments
    events = [StreamEvent(each.status, msgspec.json.encode(each)) for each in moments]
    return DocumentEvents(events, complete=bool(moments) and moments[-1].status in LAST_STATUSES)


ROUTES = (
    listing(
        "/orders", ORDER, indexes=mine, newest_first=True, pages=NEWEST, who=CUSTOMER, gives=list[Order],
        says="The caller's orders, newest first.",
    ),
    view(
        "/orders/{id}/timeline", TIMELINE, key=parameter("id"), owner="user_id", shape=_moments, who=CUSTOMER,
        gives=list[OrderMoment], says="What became of an order, when, and by whom.",
    ),
    LiveRow(
        method="GET", path="/orders/{id}/events", view=TIMELINE, key=parameter("id"), owner="user_id", events=_events,
        latest_value=POSITION, who=CUSTOMER, gives=OrderMoment | Position | StreamEnd,
        says="What becomes of an order, live: the moments of its timeline as Server-Sent Events, named by their status; and "
        "where its courier is, as events `position`.",
    ),
    command(
        "POST", "/orders/{id}/cancel", CancelOrder, to=TOPIC, takes=Cancellation, key=parameter("id"), who=EITHER,
        gives=Order, answers={409: ORDER_CODES},
        says="Cancel an order: its customer until the restaurant has accepted it, the owner of the restaurant until it is"
        " delivered. What was paid and the use of its coupon are given back.",
    ),
    command(
        "POST", "/orders/{id}/reorder", Reorder, to=basket_commands.TOPIC, takes=Nothing, make=_again, key=own,
        has_seen=_meals_of_order, who=CUSTOMER, gives=Reordered,
        answers={409: ("different_restaurant", "meal_unavailable", "basket_full"), 422: TOO_MUCH},
        says="Put the meals of one's order into the basket again, as far as they are still sold.",
    ),
    view("/orders/{id}", ORDER, key=parameter("id"), owner="user_id", who=CUSTOMER, gives=Order, says="One order."),
)  # fmt: skip
