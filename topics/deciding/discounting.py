"""What a coupon is worth, and why it may be worth nothing: the same arithmetic for preview, checkout and reservation."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from topics.deciding.decision import Rejection
from topics.values.kurus import FORM, lira

CouponKind = Literal["percent", "fixed"]
CouponValue = Annotated[
    int,
    Meta(gt=0, le=100_000_000, extra={"form": FORM}, extra_json_schema={"x-hundredths-of": "percent or Turkish lira"}),
]
"""Hundredths: of a percent where the coupon is one of `percent`, else of a lira, which is kuruş."""
WHOLE = 10_000
"""Of a percent value: 100 percent."""
AMOUNTS = ("value", "min_basket", "max_discount")
"""Fields with hundredths."""
Limit = Annotated[int, Meta(ge=1, le=1_000_000_000)]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """A coupon as it was made; it never changes. Amounts in kuruş.

    value: percent of the subtotal, or an amount, see CouponValue. max_discount: at most this, of a percentage.
    restaurant_id None: valid everywhere. total_limit, per_user_limit None: as often as one likes. listed: in the lists that
    everybody sees.
    """

    code: str
    kind: CouponKind
    value: int
    title: str
    created_at: datetime
    min_basket: int = 0
    max_discount: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    total_limit: int | None = None
    per_user_limit: int | None = None
    restaurant_id: str | None = None
    listed: bool = True


COUPON_CODES = (
    "coupon_unknown",
    "coupon_over",
    "coupon_not_yet_valid",
    "coupon_used_up",
    "coupon_below_minimum",
)
"""Of all rejections that say why a coupon may not be used."""

UNKNOWN = Rejection("coupon_unknown", "there is no such coupon", "coupon_code")


def refusal(
    terms: Terms | None, now: datetime, restaurant_id: str | None, subtotal: int, used: int, used_by_user: int
) -> Rejection | None:
    """None where it may be used. restaurant_id: whose meals are bought. subtotal: without delivery."""
    if terms is None or terms.restaurant_id not in (None, restaurant_id):
        return UNKNOWN
    if terms.valid_from is not None and now < terms.valid_from:
        return _refused("coupon_not_yet_valid", f"{terms.code} is valid from {terms.valid_from.isoformat()} on")
    if terms.valid_until is not None and now >= terms.valid_until:
        return _refused("coupon_over", f"{terms.code} was valid until {terms.valid_until.isoformat()}")
    if terms.total_limit is not None and used >= terms.total_limit:
        return _refused("coupon_used_up", f"{terms.code} has been used as often as it may")
    if terms.per_user_limit is not None and used_by_user >= terms.per_user_limit:
        return used_up_by_user(terms.code)
    if subtotal < terms.min_basket:
        return _refused("coupon_below_minimum", f"{terms.code} is for baskets of {lira(terms.min_basket)} TL and more")
    return None


def worth(
    terms: Terms | None, now: datetime, restaurant_id: str | None, subtotal: int, used: int, used_by_user: int
) -> int | Rejection:
    """What a coupon takes off, or why it takes nothing off. Arguments as for refusal()."""
    refused = refusal(terms, now, restaurant_id, subtotal, used, used_by_user)
    if refused is not None or terms is None:
        return refused or UNKNOWN
    return discount(terms, subtotal)


def used_up_by_user(code: str) -> Rejection:
    return _refused("coupon_used_up", f"you have used {code} as often as you may")


def discount(terms: Terms, subtotal: int) -> int:
    """Half a kuruş is rounded up; never more than the subtotal."""
    if terms.kind == "fixed":
        return min(terms.value, subtotal)
    share = (subtotal * terms.value + WHOLE // 2) // WHOLE
    most = subtotal if terms.max_discount is None else terms.max_discount
    return min(share, most, subtotal)


def _refused(code: str, detail: str) -> Rejection:
    return Rejection(code, detail, "coupon_code")
