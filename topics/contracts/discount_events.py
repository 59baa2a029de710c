"""What happened to coupons, keyed by code, and to users' shares of them, keyed `<code>:<user id>`. Basket and order keep facts
of both: what a coupon says, and how often it was used."""

from typing import ClassVar

from topics.deciding.discounting import AMOUNTS, Terms
from topics.messages.message import Message
from topics.messages.topic import FOREVER, Topic
from topics.messages.upcasting import Upcast
from topics.values.kurus import lira_before


class CouponCreated(Message, frozen=True, kw_only=True):
    schema_version: ClassVar[int] = 2

    terms: Terms


class UseReserved(Message, frozen=True, kw_only=True):
    """used: uses after it."""

    order_id: str
    user_id: str
    used: int
    per_user_limit: int | None = None


class UseRefused(Message, frozen=True, kw_only=True):
    """code, detail: as the caller of the checkout reads them."""

    order_id: str
    user_id: str
    code: str
    detail: str


class ShareReserved(Message, frozen=True, kw_only=True):
    """used: uses of this user after it."""

    order_id: str
    user_id: str
    used: int


class ShareRefused(Message, frozen=True, kw_only=True):
    """coupon: whose use is given back."""

    coupon: str
    order_id: str
    user_id: str
    code: str
    detail: str


class UseReleased(Message, frozen=True, kw_only=True):
    """Of a coupon or of a share. used: uses after it."""

    order_id: str
    user_id: str
    used: int


class OutcomeAsked(Message, frozen=True, kw_only=True):
    """to_share: the question goes on to the user's share."""

    order_id: str
    user_id: str
    to_share: bool = False


Event = CouponCreated | UseReserved | UseRefused | ShareReserved | ShareRefused | UseReleased | OutcomeAsked

TOPIC = Topic(
    name="discount_events",
    messages=(CouponCreated, UseReserved, UseRefused, ShareReserved, ShareRefused, UseReleased, OutcomeAsked),
    key="coupon code, or <code>:<user id>",
    producers=("discount",),
    consumers=("discount", "basket", "order"),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
    upcasts=(Upcast(CouponCreated, 1, lira_before(*(f"terms.{name}" for name in AMOUNTS))),),
)
