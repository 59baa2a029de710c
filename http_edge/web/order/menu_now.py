"""The lines of a basket with name, price, image and availability as the menu has them now: what a checkout will charge,
not what a line cost when it was set."""

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from http_edge.routing.routes import Join
from http_edge.web.browse.meals import MEAL
from http_edge.wire.amounts import Documents
from topics.documents.browse import Meal
from topics.documents.order import Basket, BasketItem

_basket = Documents(Basket)
_meal = Documents(Meal)


def _meals(document: bytes) -> list[str]:
    return [item.meal_id for item in _basket.decode(document).items]


def _priced(document: bytes, meals: Mapping[str, bytes]) -> bytes:
    basket = _basket.decode(document)
    items = tuple(_now(item, meals.get(item.meal_id)) for item in basket.items)
    return msgspec.json.encode(replace(basket, items=items))


def _now(item: BasketItem, meal: bytes | None) -> BasketItem:
    if not meal:
        return replace(item, is_available=False)
    now = _meal.decode(meal)
    return replace(item, name=now.name, price=now.price, image_url=now.image_url, is_available=now.is_available)


MENU_NOW = Join(view=MEAL, names=_meals, merge=_priced)
