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
from topics.deciding import discounting
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


class Estimate(NamedTuple):
    """refused: why the coupon is worth nothing."""

    items: list[dict[str, Any]]
    sums: Totals
    coupon: str | None
    refused: Rejection | None


async def estimate(asked: Asked, message: Message) -> Mapping[str, Any]:
    """id: of the order to be, items, discount, total, estimated. Views as they stand; never fails a 202."""
    assert isinstance(message, Checkout)
    answer = {"id": asked.new_id("order"), "items": [], "discount": 0, "total": 0, "estimated": True}
    try:
        basket = await as_shown(asked)
        wishes, code = wished(message.items or basket.items), message.coupon_code or basket.coupon
        found = await priced(asked, wishes, code, pickup=message.pickup)
    except (Unavailable, msgspec.MsgspecError):
        return answer
    return {**answer, "items": found.items, "discount": found.sums.discount, "total": found.sums.total}


def wished(items: Sequence[CheckoutItem | BasketItem]) -> list[Wish]:
    return [Wish(item.meal_id, item.quantity, item.note) for item in items]


async def priced(asked: Asked, wishes: Sequence[Wish], code: str | None, *, pickup: bool = False) -> Estimate:
    """Raises Unavailable, and MsgspecError over a document of another shape."""
    meals = await _meals(asked, wishes)
    known = [wish for wish in wishes if wish.meal_id in meals]
    restaurant_id = next((meal.restaurant_id for meal in meals.values()), None)
    fee = 0 if pickup else await _delivery_fee(asked, restaurant_id)
    charges = [Charge(meals[wish.meal_id].price, wish.quantity) for wish in known]
    sums, refused = totals(charges, fee), None
    if code:
        worth = await _worth(asked, code, restaurant_id, sums.subtotal)
        if isinstance(worth, Rejection):
            refused = worth
        else:
            sums = totals(charges, fee, worth)
    return Estimate([_item(meals[wish.meal_id], wish) for wish in known], sums, code, refused)


async def _worth(asked: Asked, code: str, restaurant_id: str | None, subtotal: int) -> int | Rejection:
    coupon = coupon_views.known(await asked.edge.reads.get(coupon_views.places(code, asked.me)))
    return discounting.worth(coupon.terms, asked.edge.now(), restaurant_id, subtotal, coupon.used, coupon.used_by_user)


async def _meals(asked: Asked, wishes: Sequence[Wish]) -> dict[str, Meal]:
    bodies = await _documents(asked, *(("meal", wish.meal_id) for wish in wishes))
    return {meal.id: meal for meal in (_MEAL.decode(body) for body in bodies if body)}


async def _delivery_fee(asked: Asked, restaurant_id: str | None) -> int:
    (body,) = await _documents(asked, ("restaurant", restaurant_id)) if restaurant_id is not None else (b"",)
    return _RESTAURANT.decode(body).delivery_fee if body else 0


async def _documents(asked: Asked, *names: tuple[str, str]) -> list[bytes]:
    """Of (view, id); empty where there is none."""
    values = await asked.edge.reads.get([keys.document(view, name) for view, name in names]) if names else []
    return [b"" if value is None else keys.split(value)[1] for value in values]


def _item(meal: Meal, wish: Wish) -> dict[str, Any]:
    return {
        "meal_id": meal.id,
        "name": meal.name,
        "quantity": wish.quantity,
        "price": meal.price,
        "total": meal.price * wish.quantity,
        "note": wish.note,
    }
