"""A restaurant's orders, for its owner: in lists, one by one, and live."""

from datetime import datetime
from typing import Literal

import msgspec

from http_edge.reads.stream import StreamEnd
from http_edge.routing.asked import Asked, parameter
from http_edge.routing.pages import Pages
from http_edge.routing.routes import RESTAURANT_OWNER, LiveListRow, listing, view
from http_edge.routing.stream_events import StreamEvent
from http_edge.web.browse.restaurants import owned
from http_edge.web.order.orders import ORDER
from http_edge.wire.amounts import Documents, lira_of
from http_edge.wire.problems import invalid
from topics import keys
from topics.contracts.address_events import SavedAddress
from topics.contracts.order_events import PricedItem
from topics.documents.order import Order
from topics.values.fields import OrderStatus, PaymentMethod, PaymentStatus
from topics.values.kurus import Kurus, KurusSum

PAGES = Pages(default=50, most=100)


class BoardAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Query of the list. status: only these; running: those of which something more becomes. scheduled: those for later that
    have not come to the kitchen yet, which are in no other list."""

    status: Literal[OrderStatus, "running"] | None = None
    scheduled: bool = False


class BoardOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the restaurant sees it. Of its customer it has what is on the ticket: where to, and what they said.

    refunded: what was paid back of the total. due_at: when it is wanted, null: as soon as possible. sent_at: when it came to
    the kitchen. ready_at: when the kitchen has said that it is ready. reason: why it ended as it did.
    """

    id: str
    restaurant_id: str
    status: OrderStatus
    payment_method: PaymentMethod
    payment_status: PaymentStatus | None = None
    refunded: KurusSum = 0
    items: tuple[PricedItem, ...]
    subtotal: KurusSum
    discount: KurusSum
    delivery_fee: Kurus
    total: KurusSum
    pickup: bool
    delivery_address: SavedAddress | None
    note: str | None
    gift_note: str | None = None
    due_at: datetime | None = None
    sent_at: datetime | None = None
    ready_at: datetime | None = None
    courier_id: str | None = None
    reason: str | None = None
    created_at: datetime
    updated_at: datetime


class BoardChange(msgspec.Struct, frozen=True, kw_only=True):
    """Data of an event of the stream: an order as it is now. Fields as in BoardOrder."""

    id: str
    status: OrderStatus
    payment_status: PaymentStatus | None
    refunded: KurusSum
    total: KurusSum
    item_count: int
    pickup: bool
    due_at: datetime | None
    sent_at: datetime | None
    ready_at: datetime | None
    created_at: datetime
    updated_at: datetime


class BoardOpen(msgspec.Struct, frozen=True):
    """Data of the event `open`: from here on the stream tells of every change. What was before it is in the lists."""


_order = Documents(BoardOrder)
_whole = Documents(Order)
_lira = lira_of(BoardChange)


def _lists(asked: Asked) -> tuple[str]:
    """Raises Problem 422."""
    said: BoardAsked = asked.asks
    if said.scheduled and said.status is not None:
        raise invalid("status", "is said of no scheduled orders: they are all placed")
    return (
        keys.board(asked.parameters["id"], keys.BOARD_SCHEDULED if said.scheduled else said.status or keys.BOARD_ALL),
    )


def _changes(asked: Asked) -> str:
    return keys.board(asked.parameters["id"], keys.BOARD_LATEST)


def _item(document: bytes, member: str, asked: Asked) -> bytes:
    return msgspec.json.encode(_order.decode(document))


def _one(document: bytes, asked: Asked) -> bytes | None:
    order = _whole.decode(document)
    if order.restaurant_id != asked.parameters["id"] or not order.at_restaurant:
        return None
    return _item(document, order.id, asked)


def _told(document: bytes) -> StreamEvent:
    order = _order.decode(document)
    said = BoardChange(
        id=order.id, status=order.status, payment_status=order.payment_status,
        refunded=order.refunded, total=order.total,
        item_count=sum(item.quantity for item in order.items), pickup=order.pickup, due_at=order.due_at,
        sent_at=order.sent_at, ready_at=order.ready_at, created_at=order.created_at, updated_at=order.updated_at,
    )  # fmt: skip
    return StreamEvent(order.status, _lira(msgspec.json.encode(said)))


ROUTES = (
    listing(
        "/restaurants/{id}/orders", ORDER, indexes=_lists, newest_first=True, pages=PAGES, who=RESTAURANT_OWNER,
        guard=owned("id"), asks=BoardAsked, gives=list[BoardOrder], item=_item,
        says="The orders of one's restaurant, newest first: all, or those with a status, or those that are `running`. Those for"
        " later are apart until they come to the kitchen: `scheduled=true`, the soonest first.",
    ),
    LiveListRow(
        method="GET", path="/restaurants/{id}/orders/events", view=ORDER, latest=_changes, tells=_told, guard=owned("id"),
        who=RESTAURANT_OWNER, gives=BoardOpen | BoardChange | StreamEnd,
        says="The orders of one's restaurant that change, live: Server-Sent Events, named by the order's status. It begins with"
        " `open`: load the list then.",
    ),
    view(
        "/restaurants/{id}/orders/{order_id}", ORDER, key=parameter("order_id"), guard=owned("id"), shape=_one,
        who=RESTAURANT_OWNER, gives=BoardOrder, says="One order of one's restaurant.",
    ),
)  # fmt: skip
