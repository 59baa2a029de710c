"""What a user sees of the basket."""

from typing import assert_never

from topics import basket_events
from topics.basket_events import CheckedOut, Cleared, Event, Line, LineRemoved, LineSet, LinesRestored
from topics.decision import EventMeta, Shown, View
from topics.documents import Basket, BasketItem

EMPTY = Basket(items=())


def basket_item(line: Line, user_id: str) -> BasketItem:
    return BasketItem(
        id=line.id,
        user_id=user_id,
        restaurant_id=line.restaurant_id,
        meal_id=line.meal_id,
        quantity=line.quantity,
        note=line.note,
        schedule_date=line.schedule_date,
        created_at=line.created_at,
        name=line.name,
        price=line.price,
        image_url=line.image_url,
        is_available=line.is_available,
    )


def show(before: Basket | None, event: Event, meta: EventMeta) -> Shown[Basket]:
    items = {item.meal_id: item for item in (before or EMPTY).items}
    match event:
        case LineSet(line=line):
            items[line.meal_id] = basket_item(line, meta.aggregate_id)
        case LineRemoved(meal_id=meal_id):
            items.pop(meal_id, None)
        case Cleared() | CheckedOut():
            items.clear()
        case LinesRestored(lines=lines):
            items.update({line.meal_id: basket_item(line, meta.aggregate_id) for line in lines})
        case _:
            assert_never(event)
    return Shown(Basket(items=tuple(items.values())))


BASKET = View[Basket, Event](name="basket", topic=basket_events.TOPIC, document=Basket, show=show)
