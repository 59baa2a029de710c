"""The newest order of a user of which something may still become, as a card."""

from collections.abc import Sequence

import msgspec
from msgspec import Raw

from http_edge.mobile.blocks import Block, are_ready, made, shows_own_writes, within_time, wrote_in
from http_edge.mobile.home_cards import Order, OrderCard, order_card
from http_edge.routing.asked import Asked
from http_edge.routing.composed import Looked
from http_edge.web.order.orders import ORDER
from http_edge.wire.amounts import Documents, lira_of
from http_edge.wire.preferences import Language
from stores.listed import Slice, Span
from topics import keys

LOOKED_AT = 5  # of the latest
RUNS_SECONDS = 24 * 60 * 60  # what was ordered before that is no running order, whatever became of it
LOOK_BYTES = 64 * 1024  # of their documents

_order = Documents(Order)
_lira = lira_of(OrderCard)


def lists(asked: Asked) -> Sequence[Span]:
    """`lists` of a row."""
    lowest = asked.edge.clock() - RUNS_SECONDS
    return [
        Span(
            keys.orders(asked.me),
            ORDER.name,
            lowest=lowest,
            newest_first=True,
            entries=LOOKED_AT,
            size=LOOK_BYTES,
        )
    ]


async def block(asked: Asked, looked: Looked) -> Block | None:
    """looked: with the slice of lists()."""
    found = looked.slices[0]
    if wrote_in(looked, (ORDER,)):
        found = await within_time("order", _again(asked, looked))
    if found is None or not are_ready(looked, (ORDER,)):
        return None
    return made("order", lambda: _newest(found, asked.language))


async def _again(asked: Asked, looked: Looked) -> Slice | None:
    """With what the caller wrote. Raises Unavailable."""
    (span,) = lists(asked)
    return await asked.edge.lists.read(span) if await shows_own_writes(asked, looked, (ORDER,)) else None


def _newest(found: Slice, language: Language) -> Block:
    """Raises MsgspecError."""
    for member, value in zip(found.members, found.documents, strict=True):
        version, body = keys.split(value) if value else (0, b"")
        order = _order.decode(body) if body else None
        if order is not None and order.runs:
            return Block(
                (f"{member.decode()}@{version}",), Raw(_lira(msgspec.json.encode(order_card(order, language))))
            )
    return Block((), None)
