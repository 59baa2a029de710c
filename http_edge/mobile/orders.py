"""POST /m/checkout and GET /m/orders/{id}: an order, with texts beside its numbers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import asdict

from http_edge.mobile import texts
from http_edge.mobile.code_version import CODE_VERSION
from http_edge.routing.asked import Asked
from http_edge.routing.composed import Composed, FirstLook
from http_edge.routing.routes import CUSTOMER, ComposedRow, ViewOf
from http_edge.web.order.carts import CHECKOUT
from http_edge.web.order.orders import ORDER
from http_edge.wire.amounts import Documents
from http_edge.wire.preferences import Language
from http_edge.wire.problems import not_found
from topics.contracts.address_events import SavedAddress
from topics.contracts.order_events import PricedItem
from topics.deciding.choosing import Chosen
from topics.documents.order import Order
from topics.values.fields import OrderStatus, PaymentMethod, PaymentStatus
from topics.values.kurus import Kurus, KurusSum


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """price: of one, with its options."""

    meal_id: str
    name: str
    quantity: int
    price: KurusSum
    price_text: str
    total: KurusSum
    total_text: str
    note: str | None
    options: Chosen


class OrderPage(msgspec.Struct, frozen=True, kw_only=True):
    """address_text: where it is delivered to; null where the customer picks it up. ready_text: when it is ready, empty where
    nobody cooks it. payment_url: where the customer's bank asks them, while it does. reason: why it ended as it did."""

    id: str
    restaurant_id: str
    restaurant_name: str
    items: tuple[OrderLine, ...]
    item_count: int
    item_text: str
    subtotal: KurusSum
    subtotal_text: str
    discount: KurusSum
    discount_text: str
    delivery_fee: Kurus
    delivery_fee_text: str
    total: KurusSum
    total_text: str
    payment_method: PaymentMethod
    payment_text: str
    payment_status: PaymentStatus | None
    payment_status_text: str
    refunded: KurusSum
    refunded_text: str
    payment_url: str | None
    coupon_code: str | None
    status: OrderStatus
    status_text: str
    reason: str | None
    due_at: datetime | None
    ready_at: datetime | None
    ready_text: str
    address_text: str | None
    pickup: bool
    note: str | None
    gift_note: str | None
    schedule_date: str | None
    created_at: datetime
    created_text: str


_order = Documents(Order)


def _documents(asked: Asked) -> Sequence[tuple[ViewOf, str]]:
    return [(ORDER, asked.parameters["id"])]


async def _compose(asked: Asked, look: FirstLook) -> Composed:
    """Raises Problem 404, also for an order of somebody else."""
    (document,) = look.documents
    order = _order.decode(document.body) if document is not None and document.body else None
    if document is None or order is None or order.user_id != asked.me:
        raise not_found("There is no such order of yours.")
    return Composed((document.at_version,), lambda: msgspec.json.encode(_page(order, asked.language)))


async def _placed(asked: Asked, reply: bytes) -> bytes:
    return msgspec.json.encode(_page(_order.decode(reply), asked.language))


def _page(order: Order, language: Language) -> OrderPage:
    count = sum(each.quantity for each in order.items)
    said: dict[str, Any] = {name: value for name, value in asdict(order).items() if name not in _NOT_SHOWN}
    return OrderPage(
        **said,
        items=tuple(_line(each, language) for each in order.items),
        item_count=count,
        item_text=texts.items(count, language),
        subtotal_text=texts.money(order.subtotal, language),
        discount_text=texts.money(order.discount, language),
        delivery_fee_text=texts.pickup(language) if order.pickup else texts.fee(order.delivery_fee, language),
        total_text=texts.money(order.total, language),
        payment_text=texts.payment(order.payment_method, language),
        payment_status_text=texts.payment_status(order.payment_status, language),
        refunded_text=texts.refunded(order.refunded, language),
        status_text=texts.status(order.status, language),
        ready_text=texts.ready(order.ready_at, order.status, language),
        address_text=_address_text(order.delivery_address),
        created_text=texts.moment(order.created_at, language),
    )


_NOT_SHOWN = (
    "user_id", "delivery_address", "items", "address_id", "changes", "updated_at", "message",
    "sent_at", "courier_id",
)  # fmt: skip


def _line(line: PricedItem, language: Language) -> OrderLine:
    price, total = texts.money(line.price, language), texts.money(line.total, language)
    return OrderLine(**asdict(line), price_text=price, total_text=total)


def _address_text(address: SavedAddress | None) -> str | None:
    return None if address is None else texts.address(address.address, address.district, address.city)


ROUTES = (
    replace(CHECKOUT, path="/m/checkout", gives=OrderPage, shape_reply=_placed, speaks=True),
    ComposedRow(
        method="GET", path="/m/orders/{id}", who=CUSTOMER, gives=OrderPage, documents=_documents, compose=_compose,
        code_version=CODE_VERSION, needs=(ORDER,), speaks=True, says="One of the caller's orders.",
    ),
)  # fmt: skip
