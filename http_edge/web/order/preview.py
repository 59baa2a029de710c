"""GET /carts/coupon: what the basket would cost with its coupon, by the views, once they show what the caller wrote."""

from http_edge.reads import own_writes
from http_edge.routing.asked import Asked, own
from http_edge.web.order.estimate import Estimate, priced, wished
from http_edge.web.order.own_basket import BASKET_COUPON, as_shown
from http_edge.wire.answer import Answer, of_json
from http_edge.wire.problems import not_found
from topics.documents.order import CouponPreview
from topics.values.kurus import lira


async def show(asked: Asked) -> Answer:
    """Raises Problem 404 where the basket has no coupon."""
    await own_writes.require_all(asked.edge.reads, own(asked), (BASKET_COUPON,))
    basket = await as_shown(asked)
    if basket.coupon is None:
        raise not_found("The basket has no coupon.")
    found = await priced(asked, wished(basket.items, basket.items), basket.coupon, basket.restaurant_id)
    return of_json(_preview(basket.coupon, found))


def _preview(code: str, found: Estimate) -> CouponPreview:
    sums = found.sums
    off = f"{code} takes {lira(sums.discount)} TL off."
    return CouponPreview(
        code=code, coupon_code=code, subtotal=sums.subtotal, discount=sums.discount, delivery_fee=sums.delivery_fee,
        total=sums.total, message=found.refused.detail if found.refused else off,
    )  # fmt: skip
