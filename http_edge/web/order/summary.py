"""What a basket comes to now, by the views: sums, the delivery fee, and what the restaurant's minimum still asks for."""

import msgspec

from http_edge.reads import own_writes
from http_edge.routing.asked import Asked, own
from http_edge.routing.routes import CUSTOMER, OwnRow
from http_edge.web.browse.meals import MEAL
from http_edge.web.browse.restaurants import RESTAURANT
from http_edge.web.order.coupon_views import COUPON, COUPON_USE
from http_edge.web.order.estimate import priced, wished
from http_edge.web.order.own_basket import BASKET, BASKET_COUPON, as_shown
from http_edge.wire.answer import Answer, of_json
from topics.values.kurus import Kurus, KurusSum


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """total = subtotal - discount + delivery_fee. item_count: different meals. unavailable: of these, how many cannot be had as
    they are now; they are in no sum. missing: to the minimum, 0 where it is reached. coupon_problem: why the coupon takes
    nothing off, null where it does."""

    restaurant_id: str | None
    item_count: int
    unavailable: int
    subtotal: KurusSum
    discount: KurusSum
    delivery_fee: Kurus
    total: KurusSum
    min_order_price: Kurus
    missing: Kurus
    coupon_code: str | None
    coupon_problem: str | None


async def show(asked: Asked) -> Answer:
    """Raises Problem 503, and Unavailable."""
    await own_writes.require_all(asked.edge.reads, own(asked), (BASKET, BASKET_COUPON))
    basket = await as_shown(asked)
    found = await priced(asked, wished(basket.items, basket.items), basket.coupon, basket.restaurant_id)
    least = 0 if found.restaurant is None else found.restaurant.min_order_price
    return of_json(
        Summary(
            restaurant_id=basket.restaurant_id,
            item_count=len(basket.items),
            unavailable=len(basket.items) - len(found.items),
            subtotal=found.sums.subtotal,
            discount=found.sums.discount,
            delivery_fee=found.sums.delivery_fee,
            total=found.sums.total,
            min_order_price=least,
            missing=max(0, least - found.sums.subtotal),
            coupon_code=basket.coupon,
            coupon_problem=found.refused.detail if found.refused else None,
        )
    )


ROUTES = (
    OwnRow(
        method="GET", path="/carts/summary", who=CUSTOMER, gives=Summary, handle=show,
        reads=(BASKET, BASKET_COUPON, MEAL, RESTAURANT, COUPON, COUPON_USE),
        says="What the basket comes to now: sums, fee, coupon, and what is missing to the restaurant's minimum.",
    ),
)  # fmt: skip
