"""What happened to baskets: of users, key = user id, and of visitors who are not logged in, key = `anonymous:<cart id>`.

The id of an anonymous basket is the permission to use it. It stands in Kafka keys, since the key is what orders a basket's
events: whoever may read these topics may use the baskets that live.
"""

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from topics.deciding.choosing import Chosen, Wishes
from topics.messages.message import Message, Secret
from topics.messages.topic import FOREVER, Topic
from topics.messages.upcasting import Upcast
from topics.values.fields import CardToken, PaymentMethod, Personal
from topics.values.kurus import KurusSum, lira_before


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A meal in a basket. name, price, options, image_url, is_available: the catalog's word when the line was last set, to show
    and not to charge. price: of one, with its options. id and created_at stay when the line is set again."""

    id: str
    restaurant_id: str
    meal_id: str
    quantity: int
    created_at: datetime
    name: str
    price: KurusSum
    options: Chosen = ()
    note: Personal[str] | None = None
    schedule_date: str | None = None
    image_url: str = ""
    is_available: bool = True


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """Of an anonymous basket: after expires_at it is as if it was not there."""

    created_at: datetime
    updated_at: datetime
    expires_at: datetime


MergeStrategy = Literal["add_quantities", "replace"]


class OrderedItem(msgspec.Struct, frozen=True, kw_only=True):
    """price_was: of one with its options, when the line was put into the basket."""

    meal_id: str
    quantity: int
    note: Personal[str] | None = None
    price_was: KurusSum | None = None
    options: Wishes = ()


class LineSet(Message, frozen=True, kw_only=True):
    """A line is new, or as it is now."""

    schema_version: ClassVar[int] = 2

    line: Line


class LineRemoved(Message, frozen=True, kw_only=True):
    meal_id: str


class Cleared(Message, frozen=True, kw_only=True):
    """Everything was taken out."""


class CheckedOut(Message, frozen=True, kw_only=True):
    """`cleared` are out of the basket; `items` go to the order domain, `cleared` come back should it refuse them.

    cleared_coupon: of the basket, out of it too. at: None in events from before it was kept. previous_order_id: of the user's
    checkout before this one. card: for the payment; it goes to the order and stays in nothing that is kept.
    """

    schema_version: ClassVar[int] = 2

    order_id: str
    restaurant_id: str
    items: tuple[OrderedItem, ...]
    cleared: tuple[Line, ...]
    payment_method: PaymentMethod
    address_id: str | None = None
    note: Personal[str] | None = None
    gift_note: Personal[str] | None = None
    schedule_date: str | None = None
    coupon_code: str | None = None
    cleared_coupon: str | None = None
    expected_total: KurusSum | None = None
    pickup: bool = False
    at: datetime | None = None
    previous_order_id: str | None = None
    card: Secret[CardToken | None] = None


class CheckoutRepeated(Message, frozen=True, kw_only=True):
    """The same checkout was asked for once more: the order that there is answers."""

    order_id: str


class LinesRestored(Message, frozen=True, kw_only=True):
    """The order was refused. lines, coupon_code: what was put back; the checkout is forgotten."""

    schema_version: ClassVar[int] = 2

    order_id: str
    lines: tuple[Line, ...]
    coupon_code: str | None = None


class Kept(Message, frozen=True, kw_only=True):
    """An anonymous basket was changed or extended, and lives on."""

    life: Life


class Expired(Message, frozen=True, kw_only=True):
    """An anonymous basket was over when it was used again: it begins anew, empty."""


class HandedOver(Message, frozen=True, kw_only=True):
    """The lines of an anonymous basket go to a user's, and it is no more. life None: it had been handed over before."""

    schema_version: ClassVar[int] = 2

    user_id: str
    strategy: MergeStrategy
    lines: tuple[Line, ...] = ()
    life: Life | None = None


class TakenOver(Message, frozen=True, kw_only=True):
    """A user's basket took lines of an anonymous one. lines: as they are in it now. replace: all others are gone."""

    schema_version: ClassVar[int] = 2

    lines: tuple[Line, ...]
    strategy: MergeStrategy


class TakeOverRefused(Message, frozen=True, kw_only=True):
    """A user's basket could not take the lines. They go back, and code and detail to whoever asked."""

    schema_version: ClassVar[int] = 2

    anonymous_id: str
    lines: tuple[Line, ...]
    life: Life | None
    code: str
    detail: str


class TakenBack(Message, frozen=True, kw_only=True):
    """lines: those that an anonymous basket had handed over in vain and has again."""

    schema_version: ClassVar[int] = 2

    lines: tuple[Line, ...]


class CouponApplied(Message, frozen=True, kw_only=True):
    """The next checkout uses it, unless it names another."""

    code: str


class CouponDropped(Message, frozen=True, kw_only=True):
    """The basket has no coupon any more."""


class BasketErased(Message, frozen=True, kw_only=True):
    """The user's account is erased, and the basket is no more. newest_order_id: of the last checkout, None without one."""

    newest_order_id: str | None


Event = (
    LineSet
    | LineRemoved
    | Cleared
    | CheckedOut
    | CheckoutRepeated
    | LinesRestored
    | CouponApplied
    | CouponDropped
    | Kept
    | Expired
    | HandedOver
    | TakenOver
    | TakeOverRefused
    | TakenBack
    | BasketErased
)

TOPIC = Topic(
    name="basket_events",
    messages=(
        LineSet,
        LineRemoved,
        Cleared,
        CheckedOut,
        CheckoutRepeated,
        LinesRestored,
        CouponApplied,
        CouponDropped,
        Kept,
        Expired,
        HandedOver,
        TakenOver,
        TakeOverRefused,
        TakenBack,
        BasketErased,
    ),
    key="user id",  # or `anonymous:<cart id>`; the recorded words stay, readers may compare them
    producers=("basket",),
    consumers=("basket",),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
    upcasts=(
        Upcast(LineSet, 1, lira_before("line.price")),
        Upcast(CheckedOut, 1, lira_before("items.price_was", "cleared.price", "expected_total")),
        *(
            Upcast(kind, 1, lira_before("lines.price"))
            for kind in (LinesRestored, HandedOver, TakenOver, TakeOverRefused, TakenBack)
        ),
    ),
)
