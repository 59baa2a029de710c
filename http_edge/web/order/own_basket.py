"""The caller's basket and its coupon, by the views."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from http_edge.reads import own_writes
from http_edge.routing.asked import Asked, own
from http_edge.routing.routes import shown
from http_edge.wire.amounts import Documents
from topics import keys
from topics.documents.order import Basket, BasketCoupon, BasketItem

BASKET, BASKET_COUPON = shown("basket", "basket"), shown("basket_coupon", "basket")

TOO_MUCH = ("notes_too_long", "options_too_large")
"""Rejections of what is more than a basket holds (agents/basket/limits.py), 422."""

_basket = Documents(Basket)
_coupon = msgspec.json.Decoder(BasketCoupon)


class OwnBasket(NamedTuple):
    """coupon: its code."""

    items: Sequence[BasketItem]
    coupon: str | None

    @property
    def restaurant_id(self) -> str | None:
        """Whose meals they are; None for an empty basket."""
        return self.items[0].restaurant_id if self.items else None


async def as_shown(asked: Asked) -> OwnBasket:
    """As the views stand. Raises Unavailable, and MsgspecError over a document of another shape."""
    return _read(await asked.edge.reads.get(_places(asked)))


async def as_written(asked: Asked) -> OwnBasket:
    """With what the caller wrote last, unless the views stay behind for long. Raises as as_shown()."""
    me, reads, places = own(asked), asked.edge.reads, _places(asked)
    wrote, *documents = await reads.get((keys.wrote(me, BASKET.domain), *places))
    least = own_writes.noted(wrote).get(me, 0)
    if min(map(own_writes.version, documents)) < least:
        await own_writes.wait(reads, BASKET_COUPON.name, {me: least})
        documents = await reads.get(places)
    return _read(documents)


def _places(asked: Asked) -> tuple[str, str]:
    me = own(asked)
    return keys.document(BASKET.name, me), keys.document(BASKET_COUPON.name, me)


def _read(documents: Sequence[bytes | None]) -> OwnBasket:
    basket, coupon = (b"" if each is None else keys.split(each)[1] for each in documents)
    return OwnBasket(_basket.decode(basket).items if basket else (), _coupon.decode(coupon).code if coupon else None)
