"""What a caller has before their eyes at a checkout: the meals, the restaurant and the coupon of the order to be. The domains
that decide it know at least these, though each has a copy of its own."""

from collections.abc import Sequence

import msgspec

from http_edge.routing.asked import Asked
from http_edge.routing.routes import ViewOf
from http_edge.web.browse.meals import MEAL
from http_edge.web.browse.restaurants import RESTAURANT
from http_edge.web.order.coupon_views import COUPON, COUPON_USE
from http_edge.web.order.own_basket import OwnBasket, as_written
from topics import keys


class _OnMenu(msgspec.Struct):
    restaurant_id: str


_meal = msgspec.json.Decoder(_OnMenu)


async def at_checkout(asked: Asked) -> list[tuple[ViewOf, str]]:
    """`has_seen` of the checkout. The coupon comes last: where there is too much to say, it is said."""
    basket = await as_written(asked)
    code = asked.body.coupon_code or basket.coupon
    meals = [item.meal_id for item in asked.body.items or basket.items]
    found = [(MEAL, meal) for meal in meals]
    found += [(RESTAURANT, each) for each in await _restaurants(asked, meals, basket)]
    return [*found, *_coupon(asked, code)] if code else found


async def _restaurants(asked: Asked, meals: Sequence[str], basket: OwnBasket) -> Sequence[str]:
    """Whose meals they are: the basket says it of its lines, the menu of the others."""
    of_lines = {line.meal_id: line.restaurant_id for line in basket.items}
    places = [keys.document(MEAL.name, meal) for meal in meals if meal not in of_lines]
    documents = await asked.edge.reads.get(places) if places else []
    bodies = [keys.split(document)[1] for document in documents if document is not None]
    on_menu = [_meal.decode(body).restaurant_id for body in bodies if body]
    return list(dict.fromkeys([*(of_lines[meal] for meal in meals if meal in of_lines), *on_menu]))


def at_coupon(asked: Asked) -> list[tuple[ViewOf, str]]:
    """`has_seen` of a coupon that is put into the basket."""
    return _coupon(asked, asked.body.code)


def _coupon(asked: Asked, code: str) -> list[tuple[ViewOf, str]]:
    """With how often the caller has used it: the use of a cancelled order is free again. How often all have used it is
    left out: each order with the coupon changes that, so all would wait for it, and its reservation decides."""
    return [(COUPON, code), (COUPON_USE, keys.coupon_share(code, asked.me))]
