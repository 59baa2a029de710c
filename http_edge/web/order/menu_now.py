"""The lines of a basket with name, price, image and availability as the menu has them now: what a checkout will charge,
not what a line cost when it was set. Notices say what the menu has changed since then."""

from collections.abc import Mapping

import msgspec
from msgspec.structs import asdict, replace

from http_edge.routing.routes import Join
from http_edge.web.browse.meals import MEAL
from http_edge.wire.amounts import Documents
from topics.deciding.choosing import chosen, extra, wished
from topics.deciding.decision import Rejection
from topics.documents.browse import Meal
from topics.documents.order import Basket, BasketItem, BasketItemNow, BasketNow, Notice
from topics.values.kurus import lira

_basket = Documents(Basket)
_meal = Documents(Meal)


def _meals(document: bytes) -> list[str]:
    return [item.meal_id for item in _basket.decode(document).items]


def _priced(document: bytes, meals: Mapping[str, bytes]) -> bytes:
    basket = _basket.decode(document)
    return msgspec.json.encode(BasketNow(items=_lines(basket, meals), life=basket.life))


def _lines_alone(document: bytes, meals: Mapping[str, bytes]) -> bytes:
    return msgspec.json.encode(_lines(_basket.decode(document), meals))


def _lines(basket: Basket, meals: Mapping[str, bytes]) -> tuple[BasketItemNow, ...]:
    found = ((item, meals.get(item.meal_id)) for item in basket.items)
    return tuple(line_now(item, _meal.decode(meal) if meal else None) for item, meal in found)


def line_now(item: BasketItem, meal: Meal | None) -> BasketItemNow:
    """meal: None where it is off the menu."""
    if meal is None:
        return BasketItemNow(**asdict(replace(item, is_available=False)), notices=(_gone(item),))
    options = chosen(meal.options, wished(item.options))
    shown = replace(item, name=meal.name, image_url=meal.image_url, is_available=meal.is_available)
    notices = () if meal.is_available else (_gone(shown),)
    if isinstance(options, Rejection):
        changed = Notice(code="option_unavailable", detail=f"{meal.name}: {options.detail}")
        return BasketItemNow(**asdict(replace(shown, is_available=False)), notices=(*notices, changed))
    price = meal.price + extra(options)
    if price != item.price:
        detail = f"{meal.name} costs {lira(price)} TL now, not {lira(item.price)}"
        notices = (*notices, Notice(code="price_changed", detail=detail, was=item.price, now=price))
    return BasketItemNow(**asdict(replace(shown, price=price, options=options)), notices=notices)


def _gone(item: BasketItem) -> Notice:
    return Notice(code="unavailable", detail=f"{item.name} is not on sale now")


MENU_NOW = Join(view=MEAL, names=_meals, merge=_priced)
LINES_NOW = Join(view=MEAL, names=_meals, merge=_lines_alone)
"""The list of lines alone."""
