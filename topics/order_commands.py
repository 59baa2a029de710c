"""Commands to the orders. PlaceOrder comes from the basket, which the caller asked; the order domain answers."""

from topics.basket_events import Line, OrderedItem
from topics.fields import Id, PaymentMethod
from topics.message import Message
from topics.registry import Topic


class PlaceOrder(Message, frozen=True, kw_only=True):
    """Prices are not in it: they are the catalog's. restore: what goes back into the basket on a refusal."""

    user_id: Id
    restaurant_id: Id
    items: tuple[OrderedItem, ...]
    payment_method: PaymentMethod
    restore: tuple[Line, ...] = ()
    address_id: Id | None = None
    note: str | None = None
    schedule_date: str | None = None


Command = PlaceOrder

TOPIC = Topic(
    name="order_commands",
    messages=(PlaceOrder,),
    key="order id",
    producers=("basket",),
    consumers=("order",),
    append_time=True,
)
