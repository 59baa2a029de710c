"""Documents from a basket to an order."""

from datetime import datetime
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from topics.contracts.address_events import SavedAddress
from topics.contracts.order_events import PriceChange, PricedItem
from topics.deciding.choosing import Chosen
from topics.deciding.discounting import CouponKind, CouponValue
from topics.values.fields import LAST_STATUSES, Actor, OrderStatus, PaymentMethod, PaymentStatus, Personal
from topics.values.kurus import Kurus, KurusSum


class BasketItem(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    user_id: str
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


NoticeCode = Literal["price_changed", "unavailable", "option_unavailable"]


class Notice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the menu has changed since the line was set. was, is: the price of one, with its options.
    option_unavailable: the line cannot be had with the options that it has."""

    code: NoticeCode
    detail: str
    was: KurusSum | None = None
    now: KurusSum | None = msgspec.field(default=None, name="is")


Notices = Annotated[tuple[Notice, ...], Meta(max_length=len(get_args(NoticeCode)))]


class BasketItemNow(BasketItem, frozen=True, kw_only=True):
    """A line as the menu has it at the moment of the answer, so the notices are in no stored document."""

    notices: Notices = ()


class BasketNow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A basket as the menu has it at the moment of the answer."""

    items: tuple[BasketItemNow, ...]
    life: "AnonymousLife | None" = None


class AnonymousLife(msgspec.Struct, frozen=True, kw_only=True):
    cart_id: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime


class Basket(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """View `basket`. Clients get the list of a user's items alone.

    life: of anonymous baskets, whose items have their aggregate's id as user_id. Clients read an AnonymousBasket.
    """

    items: tuple[BasketItem, ...]
    life: AnonymousLife | None = None


class GoneMeal(msgspec.Struct, frozen=True, kw_only=True):
    """A meal that is not sold any more, by the name that it had."""

    meal_id: str
    name: str


class Reordered(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of a reorder: the lines that are in the basket for it, and the meals that could not be had."""

    items: tuple[BasketItem, ...]
    unavailable: tuple[GoneMeal, ...]
    message: str


class CouponPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What the basket would cost with its coupon. code, coupon_code: the same. total = subtotal - discount + delivery_fee."""

    code: str
    coupon_code: str
    subtotal: KurusSum
    discount: KurusSum
    delivery_fee: Kurus
    total: KurusSum
    message: str


class BasketCoupon(msgspec.Struct, frozen=True, kw_only=True):
    """View `basket_coupon`: not shown as it is."""

    code: str


class Coupon(msgspec.Struct, frozen=True, kw_only=True):
    """View `coupon`, index `coupons:<restaurant id>` where it is listed. value: see CouponValue."""

    code: str
    kind: CouponKind
    value: CouponValue
    title: str
    min_basket: Kurus
    max_discount: Kurus | None
    valid_from: datetime | None
    valid_until: datetime | None
    total_limit: int | None
    per_user_limit: int | None
    restaurant_id: str | None
    listed: bool
    created_at: datetime


class CouponUse(msgspec.Struct, frozen=True, kw_only=True):
    """View `coupon_use` of a coupon, or of a user's share of it. Not shown."""

    used: int


class OrderMoment(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an order, when, and by whom. reason: where somebody gave one. ready_at: when the kitchen says that it is
    ready. payment_status: where the customer has to do something for it."""

    status: OrderStatus
    at: datetime
    reason: Personal[str] | None = None
    by: Actor | None = None
    ready_at: datetime | None = None
    payment_status: PaymentStatus | None = None


class OrderTimeline(msgspec.Struct, frozen=True, kw_only=True):
    """View `order_timeline`: clients get the moments, the oldest first."""

    user_id: str
    moments: tuple[OrderMoment, ...]


class PriceChanged(msgspec.Struct, frozen=True, kw_only=True):
    """What an error `price_changed` says besides: the total now, and the lines that cost something else than in the basket."""

    total: KurusSum
    lines: tuple[PriceChange, ...]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """View `order`, index `orders:<user id>` by time, and those of the restaurant's board; and the answer of a checkout.

    payment_status null: placed before payments were asked for; it says `refunded` once all is paid back. refunded: what was
    paid back of the total. payment_url: where the customer's bank asks them, while it does. due_at: when it is wanted, null: as
    soon as possible. sent_at: when it came to the kitchen. reason: why it ended as it did.
    """

    id: str
    user_id: str
    restaurant_id: str
    restaurant_name: str
    items: tuple[PricedItem, ...]
    subtotal: KurusSum
    discount: KurusSum
    delivery_fee: Kurus
    total: KurusSum
    payment_method: PaymentMethod
    coupon_code: str | None
    status: OrderStatus
    address_id: str | None
    delivery_address: SavedAddress | None
    pickup: bool
    note: Personal[str] | None
    schedule_date: str | None
    changes: tuple[PriceChange, ...]
    created_at: datetime
    updated_at: datetime
    message: str
    payment_status: PaymentStatus | None = None
    refunded: KurusSum = 0
    payment_url: str | None = None
    due_at: datetime | None = None
    sent_at: datetime | None = None
    ready_at: datetime | None = None
    courier_id: str | None = None
    reason: Personal[str] | None = None
    gift_note: Personal[str] | None = None

    @property
    def runs(self) -> bool:
        """Something may still become of it."""
        return self.status not in LAST_STATUSES

    @property
    def waits(self) -> bool:
        """For its time: it has not come to the kitchen yet."""
        return self.status == "placed" and self.sent_at is None and self.due_at is not None

    @property
    def at_restaurant(self) -> bool:
        """The restaurant sees it once it is paid, for it is sent or scheduled then; and where no payment was asked for.
        payment_status does not say so: a hold that is released is `voided`, whether the order was ever paid or not."""
        return self.sent_at is not None or self.due_at is not None or self.payment_status is None
