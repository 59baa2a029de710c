"""What a checkout will probably cost, for the 202 that is sent before the order domain has answered."""

from collections.abc import Mapping
from typing import Any

import msgspec

from http_edge.asked import Asked
from stores.errors import Unavailable
from topics import keys
from topics.basket_commands import Checkout
from topics.documents import Basket, Meal, Restaurant
from topics.message import Message
from topics.pricing import Charge, line_total, rounded, totals

_BASKET = msgspec.json.Decoder(Basket)
_MEAL = msgspec.json.Decoder(Meal)
_RESTAURANT = msgspec.json.Decoder(Restaurant)

Wish = tuple[str, int, str | None]
"""meal id, quantity, note"""


async def estimate(asked: Asked, message: Message) -> Mapping[str, Any]:
    """id: of the order to be, items, discount, total, estimated. Views as they stand; never fails a 202."""
    assert isinstance(message, Checkout)
    answer = {"id": asked.new_id("order"), "items": [], "discount": 0.0, "total": 0.0, "estimated": True}
    try:
        wishes = await _wishes(asked, message)
        meals = await _meals(asked, wishes)
        known = [wish for wish in wishes if wish[0] in meals]
        fee = await _delivery_fee(asked, next(iter(meals.values()), None))
    except (Unavailable, msgspec.MsgspecError):
        return answer
    sums = totals([Charge(meals[meal].price, quantity) for meal, quantity, _ in known], fee)
    items = [_item(meals[meal], quantity, note) for meal, quantity, note in known]
    return {**answer, "items": items, "discount": sums.discount, "total": sums.total}


async def _wishes(asked: Asked, message: Checkout) -> list[Wish]:
    if message.items:
        return [(item.meal_id, item.quantity, item.note) for item in message.items]
    body = await _document(asked, "basket", asked.me)
    return [(item.meal_id, item.quantity, item.note) for item in _BASKET.decode(body).items] if body else []


async def _meals(asked: Asked, wishes: list[Wish]) -> dict[str, Meal]:
    values = await asked.edge.reads.get([keys.document("meal", meal) for meal, _, _ in wishes]) if wishes else []
    bodies = [keys.split(value)[1] for value in values if value is not None]
    return {meal.id: meal for meal in (_MEAL.decode(body) for body in bodies if body)}


async def _delivery_fee(asked: Asked, meal: Meal | None) -> float:
    body = await _document(asked, "restaurant", meal.restaurant_id) if meal is not None else b""
    return _RESTAURANT.decode(body).delivery_fee if body else 0.0


async def _document(asked: Asked, view: str, name: str) -> bytes:
    value = (await asked.edge.reads.get((keys.document(view, name),)))[0]
    return b"" if value is None else keys.split(value)[1]


def _item(meal: Meal, quantity: int, note: str | None) -> dict[str, Any]:
    return {
        "meal_id": meal.id,
        "name": meal.name,
        "quantity": quantity,
        "price": rounded(meal.price),
        "total": line_total(meal.price, quantity),
        "note": note,
    }
