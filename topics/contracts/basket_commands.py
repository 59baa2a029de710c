"""Commands to a basket. From the edge; RestoreItems from the order domain when it refused an order; TakeOver and TakeBack
from one basket to another, when an anonymous one is merged into a user's.

The key of an anonymous basket is `anonymous:<cart id>`: see topics/contracts/basket_events.py."""

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from topics.contracts.basket_events import Life, Line, MergeStrategy
from topics.deciding.choosing import Wishes
from topics.deciding.refusals import AMOUNTS_OF_MORE
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.messages.upcasting import Upcast
from topics.values.fields import CardToken, CouponCode, DayOrTime, Id, Note, PaymentMethod, Quantity
from topics.values.kurus import KurusSum, lira_before


class AddItem(Message, frozen=True, kw_only=True):
    """Sets the line of this meal: the same meal again replaces quantity, note and options. restaurant_id: a hint at most."""

    meal_id: Id
    quantity: Quantity
    restaurant_id: Id | None = None
    note: Note | None = None
    schedule_date: DayOrTime | None = None
    options: Wishes = ()


class ChangeItem(Message, frozen=True, kw_only=True):
    """What is absent or null stays; `clears` names what goes."""

    meal_id: Id
    quantity: Quantity | None = None
    note: Note | None = None
    schedule_date: DayOrTime | None = None
    options: Wishes | None = None
    clears: tuple[Literal["note", "schedule_date"], ...] = ()


class RemoveItem(Message, frozen=True, kw_only=True):
    meal_id: Id


class Clear(Message, frozen=True, kw_only=True):
    """Takes everything out."""


class OrderedBefore(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an earlier order. name: by which it is told of where it is gone."""

    meal_id: Id
    quantity: Quantity
    name: str
    note: Note | None = None
    options: Wishes = ()


class Reorder(Message, frozen=True, kw_only=True):
    """The lines of one of the user's orders, which are of one restaurant, come into the basket again."""

    items: Annotated[tuple[OrderedBefore, ...], Meta(max_length=100)]


class CheckoutItem(msgspec.Struct, frozen=True, kw_only=True):
    """options None: those of the line in the basket, if there is one."""

    meal_id: Id
    quantity: Quantity
    note: Note | None = None
    options: Wishes | None = None


class CheckoutWish(Message, frozen=True, kw_only=True):
    """What a client says of a checkout.

    items absent or empty: what is in the basket. restaurant_id: a hint at most, the meals say whose order it is. coupon_code
    absent or empty: the basket's. address_id absent: the default address; pickup needs none. expected_total: another total
    is refused. gift_note: for who gets it as a present; it is written on a card. card: what the payment provider calls the
    card; absent: the caller's card on file there.
    """

    payment_method: PaymentMethod
    items: Annotated[tuple[CheckoutItem, ...], Meta(max_length=100)] | None = None
    restaurant_id: Id | None = None
    coupon_code: CouponCode | None = None
    address_id: Id | None = None
    note: Note | None = None
    gift_note: Note | None = None
    schedule_date: DayOrTime | None = None
    expected_total: KurusSum | None = None
    pickup: bool = False
    card: CardToken | None = None


class Checkout(CheckoutWish, frozen=True, kw_only=True):
    """keyed: it came with an Idempotency-Key, so its sender tells repeats and wishes apart."""

    schema_version: ClassVar[int] = 2

    keyed: bool = False


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller of the checkout is told; more: further members of the error."""

    code: str
    detail: str
    field: str | None = None
    more: dict[str, Any] | None = None


class RestoreItems(Message, frozen=True, kw_only=True):
    """The order was refused: its lines go back, unless the user has begun anew elsewhere. Then the basket answers with the
    refusal, so that whoever reads the basket after the answer finds the lines."""

    schema_version: ClassVar[int] = 2

    order_id: Id
    lines: tuple[Line, ...]
    coupon_code: str | None = None
    refusal: Refusal | None = None


class Extend(Message, frozen=True, kw_only=True):
    """An anonymous basket lives for these days from now at least."""

    days: Annotated[int, Meta(ge=1, le=90)] = 30


class EndBasket(Message, frozen=True, kw_only=True):
    """Of a timer: the anonymous basket is over."""


class HandOver(Message, frozen=True, kw_only=True):
    """To an anonymous basket: its lines go to this user's basket."""

    user_id: Id
    strategy: MergeStrategy = "add_quantities"


class TakeOver(Message, frozen=True, kw_only=True):
    """To a user's basket: the lines of an anonymous one. None: they came over before, only the answer is wanted."""

    schema_version: ClassVar[int] = 2

    anonymous_id: Id
    strategy: MergeStrategy
    lines: tuple[Line, ...] = ()
    life: Life | None = None


class TakeBack(Message, frozen=True, kw_only=True):
    """To an anonymous basket: the user's basket refused its lines, and this is why."""

    schema_version: ClassVar[int] = 2

    lines: tuple[Line, ...]
    life: Life | None
    code: str
    detail: str


class ApplyCoupon(Message, frozen=True, kw_only=True):
    """For the next checkout; it takes the place of another one. user_id: whose share of the coupon counts."""

    code: CouponCode
    user_id: Id


class DropCoupon(Message, frozen=True, kw_only=True):
    """Takes the coupon away, if there is one."""


class EraseBasket(Message, frozen=True, kw_only=True):
    """The user's account is erased: the basket goes, and the user's orders are told."""


Command = (
    AddItem
    | ChangeItem
    | RemoveItem
    | Clear
    | Reorder
    | Checkout
    | RestoreItems
    | ApplyCoupon
    | DropCoupon
    | Extend
    | EndBasket
    | HandOver
    | TakeOver
    | TakeBack
    | EraseBasket
)

TOPIC = Topic(
    name="basket_commands",
    messages=(
        AddItem,
        ChangeItem,
        RemoveItem,
        Clear,
        Reorder,
        Checkout,
        RestoreItems,
        ApplyCoupon,
        DropCoupon,
        Extend,
        EndBasket,
        HandOver,
        TakeOver,
        TakeBack,
        EraseBasket,
    ),
    key="user id",  # or `anonymous:<cart id>`; the recorded words stay, readers may compare them
    producers=("edge", "order", "basket"),
    consumers=("basket",),
    append_time=True,
    upcasts=(
        Upcast(Checkout, 1, lira_before("expected_total")),
        Upcast(RestoreItems, 1, lira_before("lines.price", *(f"refusal.more.{place}" for place in AMOUNTS_OF_MORE))),
        Upcast(TakeOver, 1, lira_before("lines.price")),
        Upcast(TakeBack, 1, lira_before("lines.price")),
    ),
)
