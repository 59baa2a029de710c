"""What a user sees of the basket."""

from typing import assert_never

from topics import basket_events
from topics.basket_events import (
    CheckedOut,
    CheckoutRepeated,
    Cleared,
    CouponApplied,
    CouponDropped,
    Event,
    Line,
    LineRemoved,
    LineSet,
    LinesRestored,
)
from topics.decision import EventMeta, Shown, View
from topics.documents import Basket, BasketCoupon, BasketItem

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
        case Cleared():
            items.clear()
        case CheckedOut(cleared=cleared):
            for line in cleared:
                items.pop(line.meal_id, None)
        case LinesRestored(lines=lines):
            items.update({line.meal_id: basket_item(line, meta.aggregate_id) for line in lines})
        case CheckoutRepeated() | CouponApplied() | CouponDropped():
            return Shown(before)
        case _:
            assert_never(event)
    return Shown(Basket(items=tuple(items.values())))


def show_coupon(before: BasketCoupon | None, event: Event, meta: EventMeta) -> Shown[BasketCoupon]:
    match event:
        case CouponApplied(code=code) | LinesRestored(coupon_code=str(code)):
            return Shown(BasketCoupon(code=code))
        case CouponDropped() | Cleared():
            return Shown(None)
        case CheckedOut(cleared_coupon=cleared):
            return Shown(None if cleared else before)
        case LineSet() | LineRemoved() | LinesRestored() | CheckoutRepeated():
            return Shown(before)
        case _:
            assert_never(event)


BASKET_COUPON = View[BasketCoupon, Event](
    name="basket_coupon", topic=basket_events.TOPIC, document=BasketCoupon, show=show_coupon
)
BASKET = View[Basket, Event](name="basket", topic=basket_events.TOPIC, document=Basket, show=show)
