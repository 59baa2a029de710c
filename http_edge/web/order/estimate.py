"""What a basket or a checkout will probably cost, by the views: the preview of a basket, and the 202 of a checkout that the
order domain has not answered yet. The arithmetic is the domains' own
(topics/deciding/pricing.py, topics/deciding/discounting.py)."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from http_edge.routing.asked import Asked
from http_edge.web.order import coupon_views
from http_edge.web.order.own_basket import as_shown
from http_edge.wire.amounts import Documents
from stores.errors import Unavailable
from topics import keys
from topics.contracts.basket_commands import Checkout, CheckoutItem
from topics.contracts.order_events import PricedItem, priced_item
from topics.deciding.choosing import WishedOption, chosen
from topics.deciding.choosing import wished as chosen_again
from topics.deciding.decision import Rejection
from topics.deciding.pricing import Charge, Totals, totals
from topics.documents.browse import Meal, Restaurant
from topics.documents.order import BasketItem
from topics.messages.message import Message

_MEAL = Documents(Meal)
_RESTAURANT = Documents(Restaurant)


class Wish(NamedTuple):
    meal_id: str
    quantity: int
    note: str | None
    options: Sequence[WishedOption]


class Estimate(NamedTuple):
    """items: those that are on sale so. restaurant None: it is not known. refused: why the coupon is worth nothing."""

    items: list[PricedItem]
    sums: Totals
    restaurant: Restaurant | None
    refused: Rejection | None


async def estimate(asked: Asked, message: Message) -> Mapping[str, Any]:
    """id: of the order to be, items, discount, total, estimated. Views as they stand; never fails a 202."""
    assert isinstance(message, Checkout)
    answer = {"id": asked.new_id("order"), "items": [], "discount": 0, "total": 0, "estimated": True}
    try:
        basket = await as_shown(asked)
        wishes, code = wished(message.items or basket.items, basket.items), message.coupon_code or basket.coupon
        found = await priced(asked, wishes, code, pickup=message.pickup)
    except (Unavailable, msgspec.MsgspecError):
        return answer
    return {**answer, "items": found.items, "discount": found.sums.discount, "total": found.sums.total}


def wished(items: Sequence[CheckoutItem | BasketItem], lines: Sequence[BasketItem]) -> list[Wish]:
    """lines: of the basket. An item of a checkout that says no options has those of the line of its meal."""
    of_lines = {line.meal_id: chosen_again(line.options) for line in lines}
    found: list[Wish] = []
    for item in items:
        said = item.options if isinstance(item, CheckoutItem) else None
        options = of_lines.get(item.meal_id, ()) if said is None else said
        found.append(Wish(item.meal_id, item.quantity, item.note, options))
    return found


async def priced(
    asked: Asked, wishes: Sequence[Wish], code: str | None, restaurant_id: str | None = None, *, pickup: bool = False
) -> Estimate:
    """code: of a coupon of the caller's. restaurant_id: whose meals they are, where none of them is on a menu any more.

    Raises Unavailable, and MsgspecError over a document of another shape.
    """
    meals = await _meals(asked, wishes)
    items = [item for wish in wishes if (item := _item(meals.get(wish.meal_id), wish)) is not None]
    restaurant = await _restaurant(asked, next((meal.restaurant_id for meal in meals.values()), restaurant_id))
    fee = 0 if pickup or restaurant is None else restaurant.delivery_fee
    charges = [Charge(item.price, item.quantity) for item in items]
    if not code:
        return Estimate(items, totals(charges, fee), restaurant, None)
    coupon = coupon_views.known(await asked.edge.reads.get(coupon_views.places(code, asked.me)))
    whose = None if restaurant is None else restaurant.id
    sums, refused = coupon_views.sums_with(coupon, charges, fee, whose, asked.edge.now())
    return Estimate(items, sums, restaurant, refused)


async def _meals(asked: Asked, wishes: Sequence[Wish]) -> dict[str, Meal]:
    bodies = await _documents(asked, *(("meal", wish.meal_id) for wish in wishes))
    return {meal.id: meal for meal in (_MEAL.decode(body) for body in bodies if body)}


async def _restaurant(asked: Asked, restaurant_id: str | None) -> Restaurant | None:
    (body,) = await _documents(asked, ("restaurant", restaurant_id)) if restaurant_id is not None else (b"",)
    return _RESTAURANT.decode(body) if body else None


async def _documents(asked: Asked, *names: tuple[str, str]) -> list[bytes]:
    """Of (view, id); empty where there is none."""
    values = await asked.edge.reads.get([keys.document(view, name) for view, name in names]) if names else []
    return [b"" if value is None else keys.split(value)[1] for value in values]


def _item(meal: Meal | None, wish: Wish) -> PricedItem | None:
    """None where it cannot be had so."""
    options = chosen(meal.options, wish.options) if meal is not None and meal.is_available else None
    if meal is None or options is None or isinstance(options, Rejection):
        return None
    return priced_item(wish, meal.name, meal.price, options)
