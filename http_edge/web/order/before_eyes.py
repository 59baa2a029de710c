"""What a caller has before their eyes at a checkout: the meals, the restaurant and the coupon of the order to be. The domains
that decide it know at least these, though each has a copy of its own."""

from http_edge.routing.asked import Asked
from http_edge.routing.routes import ViewOf
from http_edge.web.browse.meals import MEAL
from http_edge.web.browse.restaurants import RESTAURANT
from http_edge.web.order.coupon_views import COUPON
from http_edge.web.order.own_basket import as_written


async def at_checkout(asked: Asked) -> list[tuple[ViewOf, str]]:
    """`sees` of the checkout. The coupon comes last: where there is too much to say, it is said."""
    basket = await as_written(asked)
    code = asked.body.coupon_code or basket.coupon
    meals = [item.meal_id for item in asked.body.items or basket.items]
    found = [(MEAL, meal) for meal in meals]
    found += [(RESTAURANT, each) for each in dict.fromkeys(line.restaurant_id for line in basket.items)]
    return [*found, (COUPON, code)] if code else found


def at_coupon(asked: Asked) -> list[tuple[ViewOf, str]]:
    """`sees` of a coupon that is put into the basket."""
    return [(COUPON, asked.body.code)]
