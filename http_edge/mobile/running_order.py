"""The caller's newest running order, as a card. Running: it has not ended."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Raw

from http_edge.mobile.blocks import Block, are_ready, if_readable, shows_own_writes, within_time, wrote_in
from http_edge.mobile.home_cards import Order, OrderCard, order_card
from http_edge.routing.asked import Asked
from http_edge.routing.composed import FirstLook
from http_edge.web.order.orders import ORDER
from http_edge.wire.amounts import Documents, lira_of
from http_edge.wire.preferences import Language
from stores.listed import Newest
from topics import keys

LOOKED_AT = 3  # orders whose documents are read: the newest may have ended between two reads; an order has up to 250 KB

_order = Documents(Order)
_lira = lira_of(OrderCard)


def newest(asked: Asked) -> Sequence[Newest]:
    """For `newest` of a ComposedRow: the caller's latest running orders."""
    return [Newest(keys.index(ORDER.name, keys.running_orders(asked.me)), float("-inf"), LOOKED_AT)]


async def ids(asked: Asked, look: FirstLook) -> Sequence[str] | None:
    """Ids of the caller's latest running orders, with one that they have just placed. None: they cannot be read now. look: its
    `newest` holds what newest() asked for."""
    found = look.newest[0]
    if wrote_in(look, (ORDER,)):
        found = await within_time("order", _again(asked, look))
    return None if found is None or not are_ready(look, (ORDER,)) else [each.decode() for each in found]


def place(id: str) -> str:
    """The Redis key of the order's document."""
    return keys.document(ORDER.name, id)


def block(asked: Asked, ids: Sequence[str] | None, stored: Mapping[str, bytes | None] | None) -> Block | None:
    """The card of the newest order that has not ended. ids: what ids() gave. stored: documents by their Redis keys. None: it
    cannot be read now."""
    if ids is None or stored is None:
        return None
    return if_readable("order", lambda: _newest(ids, stored, asked.language))


async def _again(asked: Asked, look: FirstLook) -> Sequence[bytes] | None:
    """The ids, read once the view shows what the caller wrote. Raises Unavailable."""
    (wanted,) = newest(asked)
    return await asked.edge.reads.newest(wanted) if await shows_own_writes(asked, look, (ORDER,)) else None


def _newest(ids: Sequence[str], stored: Mapping[str, bytes | None], language: Language) -> Block:
    """Raises MsgspecError."""
    for id in ids:
        value = stored.get(place(id))
        version, body = keys.split(value) if value else (0, b"")
        order = _order.decode(body) if body else None
        if order is not None and order.runs:
            return Block((f"{id}@{version}",), Raw(_lira(msgspec.json.encode(order_card(order, language)))))
    return Block((), None)
