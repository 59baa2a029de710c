"""Coupons: everyone sees the listed ones and checks a code; a restaurant's owner makes them."""

import msgspec
from msgspec.structs import asdict

from http_edge.routing.abreast import MEAL_PAUSE
from http_edge.routing.asked import Asked
from http_edge.routing.pages import Pages
from http_edge.routing.routes import PUBLIC, RESTAURANT_OWNER, OwnRow, command, listing
from http_edge.web.browse.restaurants import OfRestaurant, restaurant_of_body, still_on
from http_edge.web.order.coupon_views import COUPON, COUPON_USE, Known, known, places
from http_edge.wire.answer import Answer, of_json
from http_edge.wire.problems import FieldError, Problem
from topics import keys
from topics.contracts.discount_commands import TOPIC, CouponTerms, CreateCoupon
from topics.deciding import discounting
from topics.deciding.discounting import COUPON_CODES, CouponKind, CouponValue
from topics.documents.order import Coupon
from topics.values import forms
from topics.values.fields import Id, NewCouponCode
from topics.values.kurus import Kurus, KurusSum


class NewCoupon(CouponTerms, frozen=True, kw_only=True):
    """code: letters and digits, in any case. restaurant_id: one of the caller's restaurants."""

    code: NewCouponCode
    restaurant_id: Id


class Purchase(msgspec.Struct, frozen=True):
    """What the coupon is to be used for; what is absent is not checked."""

    restaurant_id: Id | None = None
    subtotal: KurusSum | None = None


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """discount: of the subtotal that was said, else null."""

    code: str
    valid: bool
    kind: CouponKind
    value: CouponValue
    min_basket: Kurus
    discount: KurusSum | None
    message: str


def _code(asked: Asked) -> str:
    return asked.body.code


def _creation(asked: Asked) -> CreateCoupon:
    said = {name: value for name, value in asdict(asked.body).items() if name != "code"}
    return CreateCoupon(**said)


def _indexes(asked: Asked) -> tuple[str, ...]:
    """Those of everywhere first."""
    restaurant_id = asked.asks.restaurant_id
    return (keys.coupons(None), *((keys.coupons(restaurant_id),) if restaurant_id else ()))


async def _checked(asked: Asked) -> Answer:
    """Raises Problem 400 with the code of why it may not be used, and 429."""
    asked.edge.wrong_codes.check(asked.address)
    try:
        code = forms.coupon(asked.parameters["code"])
    except forms.NotInForm:
        code = ""
    found = known(await asked.edge.reads.get(places(code, asked.caller.id if asked.caller else "")))
    if found.terms is None:
        asked.edge.wrong_codes.note(asked.address)
    return of_json(_verdict(asked, found))


def _verdict(asked: Asked, coupon: Known) -> Checked:
    terms = coupon.terms
    purchase, now = asked.asks, asked.edge.now()
    place = purchase.restaurant_id or (terms.restaurant_id if terms else None)
    subtotal = purchase.subtotal if purchase.subtotal is not None else terms.min_basket if terms else 0
    refused = discounting.refusal(terms, now, place, subtotal, coupon.used, coupon.used_by_user)
    if refused is not None or terms is None:
        why = refused or discounting.UNKNOWN
        raise Problem(400, why.code, why.detail, errors=(FieldError("code", why.detail),))
    worth = None if purchase.subtotal is None else discounting.discount(terms, purchase.subtotal)
    return Checked(
        code=terms.code, valid=True, kind=terms.kind, value=terms.value, min_basket=terms.min_basket, discount=worth,
        message=f"{terms.code} is valid.",
    )  # fmt: skip


ROUTES = (
    listing(
        "/discounts", COUPON, indexes=_indexes, lowest=still_on, pages=Pages(default=200, most=200), asks=OfRestaurant,
        who=PUBLIC, gives=list[Coupon],
        says="Coupons that are not over: those that are valid everywhere, then those of a restaurant with `restaurant_id`;"
        " what ends first comes first.",
    ),
    OwnRow(
        method="GET", path="/discounts/{code}/check", texts=("code",), who=PUBLIC, asks=Purchase, gives=Checked,
        handle=_checked, reads=(COUPON, COUPON_USE), problems={400: COUPON_CODES, 429: ("too_many_refused",)},
        says="Whether a coupon may be used, and what it is worth; 400 with the reason where not.",
    ),
    command(
        "POST", "/discounts", CreateCoupon, to=TOPIC, takes=NewCoupon, make=_creation, key=_code, who=RESTAURANT_OWNER,
        success=201, gives=Coupon, answers={409: ("coupon_exists", "too_many_coupons")}, has_seen=restaurant_of_body,
        pause_factor=MEAL_PAUSE, says="Make a coupon for one's restaurant; it cannot be changed afterwards.",
    ),
)  # fmt: skip
