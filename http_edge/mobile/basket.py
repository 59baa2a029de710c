"""GET and POST /m/basket: the caller's basket as the menu has it now, with what it would cost."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import asdict

from http_edge.mobile import basket_page
from http_edge.mobile.basket_page import BasketPage, Line, Seller
from http_edge.mobile.blocks import Block, dependencies_of
from http_edge.mobile.code_version import CODE_VERSION
from http_edge.reads import own_writes
from http_edge.reads.composed import body_of
from http_edge.reads.joins import Values
from http_edge.routing.asked import Asked, own
from http_edge.routing.composed import Composed, FirstLook
from http_edge.routing.routes import CUSTOMER, ComposedRow, ViewOf, command
from http_edge.web.browse.meals import MEAL, meal_of_body
from http_edge.web.browse.restaurants import RESTAURANT
from http_edge.web.order import coupon_views
from http_edge.web.order.coupon_views import COUPON, COUPON_USE
from http_edge.web.order.menu_now import MENU_NOW
from http_edge.web.order.own_basket import BASKET, BASKET_COUPON, TOO_MUCH
from http_edge.wire.amounts import Documents
from topics import keys
from topics.contracts.basket_commands import TOPIC, AddItem, RemoveItem
from topics.deciding.choosing import Wishes
from topics.deciding.pricing import Charge, totals
from topics.documents.order import BasketCoupon
from topics.values.fields import MAX_QUANTITY, DayOrTime, Id, Note


class LineWish(msgspec.Struct, frozen=True, kw_only=True):
    """What the line of a meal is to be; quantity 0 takes it out. restaurant_id: not needed, the meal names its restaurant."""

    meal_id: Id
    quantity: Annotated[int, Meta(ge=0, le=MAX_QUANTITY)]
    restaurant_id: Id | None = None
    note: Note | None = None
    schedule_date: DayOrTime | None = None
    options: Wishes = ()


class _Basket(msgspec.Struct, frozen=True):
    items: tuple[Line, ...] = ()


_basket = Documents(_Basket)
_coupon = msgspec.json.Decoder(BasketCoupon)
_seller = Documents(Seller)


def _documents(asked: Asked) -> Sequence[tuple[ViewOf, str]]:
    me = own(asked)
    return [(BASKET, me), (BASKET_COUPON, me)]


async def _compose(asked: Asked, look: FirstLook) -> Composed:
    """Raises Unavailable."""
    basket, coupon = look.documents
    assert basket is not None and coupon is not None, "the row needs them"
    depends_on = (basket.at_version, coupon.at_version)
    if not _lines(basket.body):
        return Composed(depends_on, lambda: basket_page.page((), None, {"sums": Block((), None)}, asked.language))
    meals, seller_id = MENU_NOW.names(basket.body), _lines(basket.body)[0].restaurant_id
    code = _coupon.decode(coupon.body).code if coupon.body else None
    places = [keys.document(MEAL.name, each) for each in meals]
    places.append(keys.document(RESTAURANT.name, seller_id))
    places += coupon_views.places(code, asked.me) if code is not None else ()
    values = await asked.edge.reads.get(places)
    menu, rest = _bodies(meals, values), values[len(meals) :]
    lines = _lines(MENU_NOW.merge(basket.body, menu))
    seller = _seller.decode(keys.split(rest[0])[1]) if rest[0] is not None and keys.split(rest[0])[1] else None
    available = [each for each in lines if each.is_available]
    blocks = {"sums": _sums(asked, look, available, seller_id, seller, code, rest[1:])}
    depends_on += tuple(f"{place}@{own_writes.version(value)}" for place, value in zip(places, values, strict=True))
    depends_on += tuple(dependencies_of(blocks))
    return Composed(depends_on, lambda: basket_page.page(lines, seller, blocks, asked.language))


def _sums(
    asked: Asked,
    look: FirstLook,
    lines: Sequence[Line],
    seller_id: str,
    seller: Seller | None,
    code: str | None,
    coupon: Values,
) -> Block | None:
    """What a checkout would cost. None: that cannot be told now. lines: those that are available. coupon: values of
    coupon_views.places(), if there is a code."""
    ready = code is None or all(look.generations[view.name] is not None for view in (COUPON, COUPON_USE))
    if seller is None or not ready:
        return None
    charges = [Charge(each.price, each.quantity) for each in lines]
    if code is None:
        made, why = totals(charges, seller.delivery_fee), None
    else:
        known, fee = coupon_views.known(coupon), seller.delivery_fee
        made, why = coupon_views.sums_with(known, charges, fee, seller_id, asked.edge.now())
    refused = "" if why is None else why.detail
    return Block((refused,), basket_page.sums(made, seller, code, refused, asked.language))


def _lines(document: bytes) -> tuple[Line, ...]:
    return _basket.decode(document).items if document else ()


def _bodies(names: Sequence[str], values: Values) -> dict[str, bytes]:
    """Name → JSON, of what is there."""
    found = {name: keys.split(value)[1] for name, value in zip(names, values, strict=False) if value is not None}
    return {name: body for name, body in found.items() if body}


def _wish(asked: Asked) -> AddItem | RemoveItem:
    said: LineWish = asked.body
    return AddItem(**asdict(said)) if said.quantity else RemoveItem(meal_id=said.meal_id)


async def _basket_now(asked: Asked, reply: bytes) -> bytes:
    """The basket as it is now, also for a command that was done before."""
    return await body_of(ROW, asked)


ROW = ComposedRow(
    method="GET", path="/m/basket", who=CUSTOMER, gives=BasketPage, documents=_documents, compose=_compose,
    code_version=CODE_VERSION, needs=(BASKET, BASKET_COUPON, MEAL, RESTAURANT),
    beside=(MEAL, RESTAURANT, COUPON, COUPON_USE), speaks=True,
    says="The caller's basket as the menu has it now, with what it would cost. Sums that cannot be told now are left out and"
    " named in `missing`.",
)  # fmt: skip

ROUTES = (
    ROW,
    command(
        "POST", "/m/basket", AddItem, to=TOPIC, takes=LineWish, make=_wish, key=own, who=CUSTOMER, gives=BasketPage,
        has_seen=meal_of_body, waits_for_view=BASKET, must_be_shown=True, shape_reply=_basket_now, speaks=True,
        answers={
            404: "not_in_basket",
            409: ("different_restaurant", "meal_unavailable", "basket_full"),
            422: ("schedule_in_past", *TOO_MUCH),
        },
        says="Set the line of a meal, or take it out with quantity 0; answers the whole basket as it is now.",
    ),
)  # fmt: skip
