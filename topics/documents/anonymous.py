"""What clients read of anonymous baskets. Made from the view `basket` (topics/documents/order.py),
and by the basket's decider."""

from datetime import datetime
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from topics.deciding.choosing import Chosen
from topics.documents.order import BasketItem, BasketItemNow, Notices
from topics.values.fields import Personal
from topics.values.kurus import KurusSum


class AnonymousItem(msgspec.Struct, frozen=True, kw_only=True):
    cart_id: str
    restaurant_id: str
    meal_id: str
    quantity: int
    note: Personal[str] | None
    schedule_date: str | None
    created_at: datetime
    name: str
    price: KurusSum
    image_url: str
    is_available: bool
    options: Chosen = ()
    notices: Notices = ()


class AnonymousBasket(msgspec.Struct, frozen=True, kw_only=True):
    """item_count: different meals. After expires_at there is no such basket."""

    cart_id: str
    restaurant_id: str | None
    items: tuple[AnonymousItem, ...]
    item_count: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime


Lost = Literal["quantity", "note", "schedule_date", "options", "line"]


class MergeConflict(msgspec.Struct, frozen=True, kw_only=True):
    """A meal that was in both baskets, or with `replace` one that had to go. quantity: in the basket now, 0: it is gone.
    lost: what of the anonymous line, or with `replace` of the user's, is not in the basket now."""

    meal_id: str
    name: str
    quantity: int
    lost: Annotated[tuple[Lost, ...], Meta(max_length=len(get_args(Lost)))] = ()


class MergeReport(msgspec.Struct, frozen=True, kw_only=True):
    """user_cart_items: different meals in the user's basket now. merged_items_count: lines that came over.
    conflicts_resolved: meals that were in both baskets; with `replace`, lines of the user's that had to go. conflicts: the
    same, one by one."""

    message: str
    user_cart_items: int
    merged_items_count: int
    conflicts_resolved: int
    conflicts: tuple[MergeConflict, ...] = ()


class ExtendedBasket(msgspec.Struct, frozen=True, kw_only=True):
    cart_id: str
    message: str
    expires_at: datetime


def anonymous_item(item: BasketItem, cart_id: str) -> AnonymousItem:
    """The line as the visitor reads it."""
    return AnonymousItem(
        cart_id=cart_id,
        restaurant_id=item.restaurant_id,
        meal_id=item.meal_id,
        quantity=item.quantity,
        note=item.note,
        schedule_date=item.schedule_date,
        created_at=item.created_at,
        name=item.name,
        price=item.price,
        image_url=item.image_url,
        is_available=item.is_available,
        options=item.options,
        notices=item.notices if isinstance(item, BasketItemNow) else (),
    )
