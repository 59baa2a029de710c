"""GET /users/me/export: everything that the views show of the caller, in one file of theirs."""

from collections.abc import Sequence
from typing import Any

import msgspec

from http_edge.reads import own_writes
from http_edge.routing.asked import Asked, own
from http_edge.routing.routes import CUSTOMER, OwnRow
from http_edge.web.account.addresses import ADDRESS
from http_edge.web.account.favourites import FAVOURITES
from http_edge.web.account.user import PREFERENCES, USER
from http_edge.web.order.orders import ORDER, mine
from http_edge.web.order.own_basket import BASKET
from http_edge.wire.answer import JSON, Answer
from topics import keys

VIEWS = {
    "profile": USER, "preferences": PREFERENCES, "favourites": FAVOURITES, "addresses": ADDRESS, "basket": BASKET,
}  # fmt: skip
MOST_ORDERS, AT_ONCE = 1_000, 50
_AS_A_FILE = {"Content-Disposition": 'attachment; filename="lezzet-export.json"'}


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """Each part as its view's document, null where there is none. orders: the newest first; orders_complete: that is all."""

    profile: Any
    preferences: Any
    favourites: Any
    addresses: Any
    basket: Any
    orders: list[Any]
    orders_complete: bool


async def show(asked: Asked) -> Answer:
    """Raises Problem 503."""
    me, reads = own(asked), asked.edge.reads
    await own_writes.require_all(reads, me, (*VIEWS.values(), ORDER))
    shown = await reads.get([keys.document(view.name, me) for view in VIEWS.values()])
    parts = {name: _document(value) for name, value in zip(VIEWS, shown, strict=True)}
    orders, complete = await _orders(asked)
    body = msgspec.json.encode(Export(**parts, orders=orders, orders_complete=complete))
    return Answer(body, 200, JSON, _AS_A_FILE)


async def _orders(asked: Asked) -> tuple[list[msgspec.Raw], bool]:
    """Some at a time: an order has up to 250 KB, and all reads of a process wait for each other."""
    names = await asked.edge.reads.members(keys.index(ORDER.name, mine(asked)), newest_first=True, most=MOST_ORDERS + 1)
    found: list[msgspec.Raw] = []
    for start in range(0, min(len(names), MOST_ORDERS), AT_ONCE):
        chunk: Sequence[bytes] = names[start : min(start + AT_ONCE, MOST_ORDERS)]
        values = await asked.edge.reads.get([keys.document(ORDER.name, name.decode()) for name in chunk])
        found += [part for part in map(_document, values) if part is not None]
    return found, len(names) <= MOST_ORDERS


def _document(value: bytes | None) -> msgspec.Raw | None:
    body = b"" if value is None else keys.split(value)[1]
    return msgspec.Raw(body) if body else None


ROUTES = (
    OwnRow(
        method="GET", path="/users/me/export", who=CUSTOMER, gives=Export, handle=show, reads=(*VIEWS.values(), ORDER),
        says="All that is kept of the caller and shown to them, as one file.",
    ),
)  # fmt: skip
