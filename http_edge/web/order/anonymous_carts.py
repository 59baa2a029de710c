"""Baskets of visitors who are not logged in. The id is the permission; clients that could not ask for one make their own."""

from datetime import datetime

import msgspec

from http_edge.routing.asked import Asked, own
from http_edge.routing.routes import CUSTOMER, PUBLIC, Nothing, OwnRow, command, view
from http_edge.web.browse.meals import meal_of_body, meal_of_path
from http_edge.web.order.carts import LineChange, changed
from http_edge.web.order.menu_now import MENU_NOW
from http_edge.web.order.own_basket import BASKET, TOO_MUCH
from http_edge.wire.amounts import Documents
from http_edge.wire.answer import Answer, of_json
from http_edge.wire.problems import FieldError, not_found
from topics.contracts.basket_commands import TOPIC, AddItem, ChangeItem, Clear, Extend, HandOver, RemoveItem
from topics.contracts.basket_events import MergeStrategy
from topics.deciding.choosing import Wishes
from topics.documents import Done
from topics.documents.anonymous import AnonymousBasket, AnonymousItem, ExtendedBasket, MergeReport, anonymous_item
from topics.documents.order import AnonymousLife, BasketNow
from topics.messages import ids
from topics.values import forms
from topics.values.fields import CartId, DayOrTime, Id, Note, Quantity

_decode = Documents(BasketNow).decode
_encode = msgspec.json.encode


class NewCart(msgspec.Struct, frozen=True, kw_only=True):
    cart_id: str
    message: str


class NewLine(msgspec.Struct, frozen=True, kw_only=True):
    """restaurant_id: a hint at most."""

    cart_id: CartId
    meal_id: Id
    quantity: Quantity
    restaurant_id: Id | None = None
    note: Note | None = None
    schedule_date: DayOrTime | None = None
    options: Wishes = ()


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """user_id: the caller's own, any other is 404."""

    anonymous_cart_id: CartId
    user_id: Id | None = None
    merge_strategy: MergeStrategy = "add_quantities"


class CartCheck(msgspec.Struct, frozen=True, kw_only=True):
    """is_valid: the basket is there, holds something, and all of it is on sale."""

    cart_id: str
    is_valid: bool
    exists: bool
    item_count: int
    restaurant_id: str | None
    expires_at: datetime | None


def _of_path(asked: Asked) -> str:
    """Raises Problem 404 for what can be no cart id."""
    try:
        return ids.of_anonymous(forms.cart_id(asked.parameters["cart_id"]))
    except forms.NotInForm as error:
        raise not_found("No such cart is possible.", errors=(FieldError("cart_id", str(error)),)) from None


def _of_body(asked: Asked) -> str:
    return ids.of_anonymous(asked.body.cart_id)


def _merged(asked: Asked) -> str:
    return ids.of_anonymous(asked.body.anonymous_cart_id)


def _hand_over(asked: Asked) -> HandOver:
    return HandOver(user_id=own(asked), strategy=asked.body.merge_strategy)


def _extend(asked: Asked) -> Extend:
    return Extend(days=asked.asks.days)


async def _generate(asked: Asked) -> Answer:
    """Nothing is written: a basket begins with its first meal."""
    return of_json(NewCart(cart_id=ids.fresh(), message="Your basket is ready."))


def _living(document: bytes, asked: Asked) -> tuple[BasketNow, AnonymousLife] | None:
    """None where the basket is over."""
    basket = _decode(document)
    life = basket.life
    return None if life is None or life.expires_at <= asked.edge.now() else (basket, life)


def _restaurant(basket: BasketNow) -> str | None:
    return basket.items[0].restaurant_id if basket.items else None


def _shown(document: bytes, asked: Asked) -> bytes | None:
    found = _living(document, asked)
    if found is None:
        return None
    basket, life = found
    return _encode(
        AnonymousBasket(
            cart_id=life.cart_id,
            restaurant_id=_restaurant(basket),
            items=tuple(anonymous_item(item, life.cart_id) for item in basket.items),
            item_count=len(basket.items),
            created_at=life.created_at,
            updated_at=life.updated_at,
            expires_at=life.expires_at,
        )
    )


def _checked(document: bytes, asked: Asked) -> bytes | None:
    found = _living(document, asked)
    if found is None:
        return None
    basket, life = found
    return _encode(
        CartCheck(
            cart_id=life.cart_id,
            is_valid=bool(basket.items) and all(item.is_available for item in basket.items),
            exists=True,
            item_count=len(basket.items),
            restaurant_id=_restaurant(basket),
            expires_at=life.expires_at,
        )
    )


def _unknown(asked: Asked) -> bytes:
    cart_id = ids.cart_of(_of_path(asked))
    return _encode(
        CartCheck(cart_id=cart_id, is_valid=False, exists=False, item_count=0, restaurant_id=None, expires_at=None)
    )


ROUTES = (
    OwnRow(
        method="POST", path="/carts/anonymous/generate-id", who=PUBLIC, gives=NewCart, handle=_generate,
        says="An id for a basket without a user. Whoever has it may use the basket: keep it secret.",
    ),
    command(
        "POST", "/carts/anonymous/add", AddItem, to=TOPIC, takes=NewLine, key=_of_body, acts_as=_of_body, who=PUBLIC,
        gives=AnonymousItem, has_seen=meal_of_body, few_a_minute=True,
        answers={
            409: ("different_restaurant", "meal_unavailable", "basket_full"),
            422: ("schedule_in_past", *TOO_MUCH),
        },
        says="Set the line of a meal: the same meal again replaces quantity, note and options.",
    ),
    view(
        "/carts/anonymous/{cart_id}", BASKET, key=_of_path, acts_as=_of_path, who=PUBLIC, gives=AnonymousBasket,
        join=MENU_NOW, shape=_shown,
        says="The basket as the menu has it now, with notices of what has changed since its lines were set. 404: never used, "
        "merged or over.",
    ),
    view(
        "/carts/anonymous/{cart_id}/validate", BASKET, key=_of_path, acts_as=_of_path, who=PUBLIC, gives=CartCheck,
        join=MENU_NOW, shape=_checked, absent=_unknown,
        says="Whether the basket is there and could be ordered as it is.",
    ),
    command(
        "PATCH", "/carts/anonymous/{cart_id}/items/{meal_id}", ChangeItem, to=TOPIC, takes=LineChange, make=changed,
        key=_of_path, acts_as=_of_path, who=PUBLIC, has_seen=meal_of_path, gives=AnonymousItem,
        answers={404: "not_in_basket", 422: ("schedule_in_past", *TOO_MUCH)},
        says="Change a line; what is absent stays, null takes a note or a date away.",
    ),
    command(
        "DELETE", "/carts/anonymous/{cart_id}/items/{meal_id}", RemoveItem, to=TOPIC, takes=Nothing, key=_of_path,
        acts_as=_of_path, who=PUBLIC, gives=Done,
        says="Take a line out.",
    ),
    command(
        "DELETE", "/carts/anonymous/{cart_id}/clear", Clear, to=TOPIC, takes=Nothing, key=_of_path, acts_as=_of_path,
        who=PUBLIC, gives=Done,
        says="Empty the basket.",
    ),
    command(
        "POST", "/carts/anonymous/{cart_id}/extend", Extend, to=TOPIC, takes=Nothing, asks=Extend, make=_extend,
        key=_of_path, acts_as=_of_path, who=PUBLIC, gives=ExtendedBasket,
        says="Keep the basket for so many days from now; never for less than it would live anyway.",
    ),
    command(
        "POST", "/carts/anonymous/merge", HandOver, to=TOPIC, takes=Merge, make=_hand_over, key=_merged, who=CUSTOMER,
        gives=MergeReport, waits_for_view=BASKET,
        answers={409: ("different_restaurant", "basket_full"), 422: TOO_MUCH},
        says="Put an anonymous basket into the caller's own, adding quantities or replacing it. A repeat changes nothing.",
    ),
)  # fmt: skip
