"""What a user, or an anonymous visitor, sees of the basket."""

from typing import assert_never

from msgspec.structs import replace

from topics.contracts import basket_events
from topics.contracts.basket_events import (
    BasketErased,
    CheckedOut,
    CheckoutRepeated,
    Cleared,
    CouponApplied,
    CouponDropped,
    Event,
    Expired,
    HandedOver,
    Kept,
    Life,
    Line,
    LineRemoved,
    LineSet,
    LinesRestored,
    TakenBack,
    TakenOver,
    TakeOverRefused,
)
from topics.deciding.projection import Shown, View
from topics.documents.anonymous import AnonymousItem, anonymous_item
from topics.documents.order import AnonymousLife, Basket, BasketCoupon, BasketItem
from topics.messages.event import EventMeta
from topics.messages.ids import cart_of, is_anonymous

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
        options=line.options,
    )


def answered(line: Line, aggregate_id: str) -> BasketItem | AnonymousItem:
    """The line as whoever set it reads it."""
    item = basket_item(line, aggregate_id)
    return anonymous_item(item, cart_of(aggregate_id)) if is_anonymous(aggregate_id) else item


def show(before: Basket | None, event: Event, meta: EventMeta) -> Shown[Basket]:
    basket = before or EMPTY
    items = {item.meal_id: item for item in basket.items}
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
        case LinesRestored(lines=lines) | TakenBack(lines=lines):
            items.update({line.meal_id: basket_item(line, meta.aggregate_id) for line in lines})
        case TakenOver(lines=lines, strategy=strategy):
            kept = {} if strategy == "replace" else items
            items = {**kept, **{line.meal_id: basket_item(line, meta.aggregate_id) for line in lines}}
        case Kept(life=life):
            basket = replace(basket, life=_life(life, meta.aggregate_id))
        case Expired() | HandedOver() | BasketErased():
            return Shown(None)
        case CheckoutRepeated() | CouponApplied() | CouponDropped() | TakeOverRefused():
            return Shown(before)
        case _:
            assert_never(event)
    return Shown(replace(basket, items=tuple(items.values())))


def _life(life: Life, aggregate_id: str) -> AnonymousLife:
    return AnonymousLife(
        cart_id=cart_of(aggregate_id),
        created_at=life.created_at,
        updated_at=life.updated_at,
        expires_at=life.expires_at,
    )


def show_coupon(before: BasketCoupon | None, event: Event, meta: EventMeta) -> Shown[BasketCoupon]:
    match event:
        case CouponApplied(code=code) | LinesRestored(coupon_code=str(code)):
            return Shown(BasketCoupon(code=code))
        case CouponDropped() | Cleared() | BasketErased():
            return Shown(None)
        case CheckedOut(cleared_coupon=cleared):
            return Shown(None if cleared else before)
        case LineSet() | LineRemoved() | LinesRestored() | CheckoutRepeated():
            return Shown(before)
        case Kept() | Expired() | HandedOver() | TakenOver() | TakeOverRefused() | TakenBack():
            return Shown(before)
        case _:
            assert_never(event)


BASKET_COUPON = View[BasketCoupon, Event](
    name="basket_coupon", topic=basket_events.TOPIC, document=BasketCoupon, show=show_coupon
)
BASKET = View[Basket, Event](name="basket", topic=basket_events.TOPIC, document=Basket, show=show)
