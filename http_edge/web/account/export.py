"""GET /users/me/export: everything that the views show of the caller, in one file of theirs."""

from collections.abc import Sequence
from typing import Any

import msgspec

from http_edge import own_writes
from http_edge.answer import JSON, Answer
from http_edge.asked import Asked, own
from http_edge.guard import check_denied, deny_keys
from http_edge.problems import not_ready
from http_edge.routes import CUSTOMER, OwnRow
from http_edge.web.account.addresses import ADDRESS
from http_edge.web.account.favourites import FAVOURITES
from http_edge.web.account.user import PREFERENCES, USER
from http_edge.web.order.before_eyes import BASKET
from http_edge.web.order.orders import ORDER, mine
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
    """Raises Problem 401 and 503."""
    assert asked.caller is not None
    me, reads, views = own(asked), asked.edge.reads, (*VIEWS.values(), ORDER)
    notes = [keys.wrote(me, view.domain) for view in views]
    denied, revoked, *values = await reads.get((*deny_keys(asked.caller), *(view.ready for view in views), *notes))
    check_denied(denied, revoked)
    if None in values[: len(views)]:
        raise not_ready()
    for view, note in zip(views, values[len(views) :], strict=True):
        await own_writes.require(reads, view.name, own_writes.noted(note))
    shown = await reads.get([keys.document(view.name, me) for view in VIEWS.values()])
    parts = {name: _document(value) for name, value in zip(VIEWS, shown, strict=True)}
    orders, complete = await _orders(asked)
    body = msgspec.json.encode(Export(**parts, orders=orders, orders_complete=complete))
    return Answer(body, 200, JSON, _AS_A_FILE)


async def _orders(asked: Asked) -> tuple[list[msgspec.Raw], bool]:
    """Some at a time: an order has up to 250 KB, and all reads of a process wait for each other."""
    names = await asked.edge.reads.members(keys.index(mine(asked)), newest_first=True, most=MOST_ORDERS + 1)
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
