"""Commands to the coupons, keyed by code, and to a user's uses of one, keyed `<code>:<user id>`.

An order reserves a use: of the coupon first, which counts all uses, then of the user's share where the coupon limits that.
"""

from typing import Annotated, ClassVar

from msgspec import Meta

from topics.deciding.discounting import AMOUNTS, CouponKind, CouponValue, Limit
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.messages.upcasting import Upcast
from topics.values.fields import Id, Moment, Word
from topics.values.kurus import Kurus, KurusSum, lira_before

Code = Annotated[str, Meta(pattern=r"^[A-Z0-9][A-Z0-9_-]{2,31}(?!\n)$")]
"""In the form that topics.values.folding.coupon_code makes."""


class CouponTerms(Message, frozen=True, kw_only=True):
    """What a coupon says; see topics.deciding.discounting.Terms."""

    kind: CouponKind
    value: CouponValue
    title: Word = ""
    min_basket: Kurus = 0
    max_discount: Kurus | None = None
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    total_limit: Limit | None = None
    per_user_limit: Limit | None = None
    listed: bool = True


class CreateCoupon(CouponTerms, frozen=True, kw_only=True):
    """restaurant_id: whose coupon it is; its owner asks. None: valid everywhere, asked for by no client of the edge."""

    schema_version: ClassVar[int] = 2

    restaurant_id: Id | None = None


class ReserveUse(Message, frozen=True, kw_only=True):
    """From an order that waits for it. subtotal: without delivery."""

    schema_version: ClassVar[int] = 2

    order_id: Id
    user_id: Id
    restaurant_id: Id
    subtotal: KurusSum


class ReserveShare(Message, frozen=True, kw_only=True):
    """To the user's share, from the coupon that has reserved a use. limit: uses that a user may have."""

    code: Code
    order_id: Id
    user_id: Id
    limit: Limit


class ReleaseUse(Message, frozen=True, kw_only=True):
    """The order for which it was reserved came to nothing."""

    order_id: Id
    user_id: Id


class AskOutcome(Message, frozen=True, kw_only=True):
    """Somebody asks again for an order that waits for its reservation: goes the same way behind it, and so is answered after
    it. to_share: it has been at the coupon."""

    order_id: Id
    user_id: Id
    to_share: bool = False


Command = CreateCoupon | ReserveUse | ReserveShare | ReleaseUse | AskOutcome

TOPIC = Topic(
    name="discount_commands",
    messages=(CreateCoupon, ReserveUse, ReserveShare, ReleaseUse, AskOutcome),
    key="coupon code, or <code>:<user id>",
    producers=("edge", "order", "discount"),
    consumers=("discount",),
    append_time=True,
    upcasts=(Upcast(CreateCoupon, 1, lira_before(*AMOUNTS)), Upcast(ReserveUse, 1, lira_before("subtotal"))),
)
