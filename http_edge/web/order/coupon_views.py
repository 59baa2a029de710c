"""What the edge knows of a coupon, by the views: what it says, and how often it was used. An estimate, as views are."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec.structs import asdict

from http_edge.routing.routes import shown
from http_edge.wire.amounts import Documents
from topics import keys
from topics.deciding import discounting
from topics.deciding.decision import Rejection
from topics.deciding.discounting import Terms
from topics.deciding.pricing import Charge, Totals, totals
from topics.documents.order import Coupon, CouponUse

COUPON = shown("coupon", "discount")
COUPON_USE = shown("coupon_use", "discount")

_coupon = Documents(Coupon)
_use = msgspec.json.Decoder(CouponUse)


class Known(NamedTuple):
    """terms: None where there is no such coupon."""

    terms: Terms | None
    used: int
    used_by_user: int


def places(code: str, user_id: str) -> tuple[str, str, str]:
    """Keys of the documents of which known() takes the values."""
    return (
        keys.document(COUPON.name, code),
        keys.document(COUPON_USE.name, code),
        keys.document(COUPON_USE.name, keys.coupon_share(code, user_id)),
    )


def known(values: Sequence[bytes | None]) -> Known:
    """values: of places()."""
    coupon, used, used_by_user = (b"" if value is None else keys.split(value)[1] for value in values)
    terms = Terms(**asdict(_coupon.decode(coupon))) if coupon else None
    return Known(terms, _uses(used), _uses(used_by_user))


def sums_with(
    coupon: Known, charges: Sequence[Charge], delivery_fee: int, restaurant_id: str | None, now: datetime
) -> tuple[Totals, Rejection | None]:
    """What is to be paid, and why the coupon takes nothing off, if it does not. restaurant_id: whose meals are bought."""
    without = totals(charges, delivery_fee)
    worth = discounting.worth(coupon.terms, now, restaurant_id, without.subtotal, coupon.used, coupon.used_by_user)
    return (without, worth) if isinstance(worth, Rejection) else (totals(charges, delivery_fee, worth), None)


def _uses(body: bytes) -> int:
    return _use.decode(body).used if body else 0
