"""What a caller has before their eyes at a checkout: the meals, the restaurant and the coupon of the order to be. The domains
that decide it know at least these, though each has a copy of its own."""

import msgspec

from http_edge import own_writes
from http_edge.asked import Asked, own
from http_edge.routes import ViewOf, shown
from http_edge.web.browse.meals import MEAL
from http_edge.web.browse.restaurants import RESTAURANT
from http_edge.web.order.coupon_views import COUPON
from topics import keys
from topics.documents.order import Basket, BasketCoupon

BASKET, BASKET_COUPON = shown("basket", "basket"), shown("basket_coupon", "basket")

_basket = msgspec.json.Decoder(Basket)
_coupon = msgspec.json.Decoder(BasketCoupon)


async def at_checkout(asked: Asked) -> list[tuple[ViewOf, str]]:
    """`sees` of the checkout. The coupon comes last: where there is too much to say, it is said."""
    basket, coupon = await _own_basket(asked)
    lines = _basket.decode(basket).items if basket else ()
    code = asked.body.coupon_code or (_coupon.decode(coupon).code if coupon else None)
    meals = [item.meal_id for item in asked.body.items or lines]
    found = [(MEAL, meal) for meal in meals]
    found += [(RESTAURANT, each) for each in dict.fromkeys(line.restaurant_id for line in lines)]
    return [*found, (COUPON, code)] if code else found


def at_coupon(asked: Asked) -> list[tuple[ViewOf, str]]:
    """`sees` of a coupon that is put into the basket."""
    return [(COUPON, asked.body.code)]


async def _own_basket(asked: Asked) -> tuple[bytes, bytes]:
    """JSON of the caller's basket and of its coupon, with what they wrote last; empty where there is none."""
    me, reads = own(asked), asked.edge.reads
    places = (keys.document(BASKET.name, me), keys.document(BASKET_COUPON.name, me))
    wrote, *documents = await reads.get((keys.wrote(me, BASKET.domain), *places))
    least = own_writes.noted(wrote).get(me, 0)
    if min(map(own_writes.version, documents)) < least:
        await own_writes.wait(reads, BASKET_COUPON.name, {me: least})
        documents = await reads.get(places)
    basket, coupon = (b"" if each is None else keys.split(each)[1] for each in documents)
    return basket, coupon
