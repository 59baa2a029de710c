"""Commands to the delivery of an order, keyed by order id, and to a courier, keyed by topics.keys.courier().

`at` of an act: when it was done, by the courier's clock; None: now. An app without a network says it later.
"""

from typing import Literal

from topics.contracts.address_events import SavedAddress
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.values.fields import Id, Moment, Name, Personal, Reason

Outcome = Literal["delivered", "cancelled"]
"""Of an order that has ended."""


class RegisterCourier(Message, frozen=True, kw_only=True):
    """The caller delivers orders from now on. Said again, it changes the name."""

    name: Personal[Name] | None = None


class ResignCourier(Message, frozen=True, kw_only=True):
    """The caller is offered nothing more. What they have accepted stays theirs."""


class EraseCourier(Message, frozen=True, kw_only=True):
    """The account of the user is erased."""


class ExpectDelivery(Message, frozen=True, kw_only=True):
    """An order was placed that somebody has to bring. address: where to; None where the order has none."""

    restaurant_id: Id
    restaurant_name: str
    address: SavedAddress | None


class OpenDelivery(Message, frozen=True, kw_only=True):
    """The restaurant has accepted the order: a courier may be asked."""


class CloseDelivery(Message, frozen=True, kw_only=True):
    """The order has ended."""

    outcome: Outcome


class EraseDelivery(Message, frozen=True, kw_only=True):
    """The account of the customer is erased: the address goes."""


class OfferDelivery(Message, frozen=True, kw_only=True):
    """By the restaurant's owner: asks one courier."""

    courier_id: Id


class WithdrawCourier(Message, frozen=True, kw_only=True):
    """By the restaurant's owner: takes the offer or the delivery back, until the courier has picked it up."""


class EndOffer(Message, frozen=True, kw_only=True):
    """Of a timer: the courier has not answered in time."""


class AcceptOffer(Message, frozen=True, kw_only=True):
    at: Moment | None = None


class DeclineOffer(Message, frozen=True, kw_only=True):
    pass


class RecordPickup(Message, frozen=True, kw_only=True):
    """The courier has the meals."""

    at: Moment | None = None


class RecordDelivered(Message, frozen=True, kw_only=True):
    """The customer has the meals."""

    at: Moment | None = None


class RecordDeliveryFailed(Message, frozen=True, kw_only=True):
    """The courier cannot deliver."""

    reason: Reason
    at: Moment | None = None


Command = (
    RegisterCourier
    | ResignCourier
    | EraseCourier
    | ExpectDelivery
    | OpenDelivery
    | CloseDelivery
    | EraseDelivery
    | OfferDelivery
    | WithdrawCourier
    | EndOffer
    | AcceptOffer
    | DeclineOffer
    | RecordPickup
    | RecordDelivered
    | RecordDeliveryFailed
)

TOPIC = Topic(
    name="courier_commands",
    messages=(
        RegisterCourier,
        ResignCourier,
        EraseCourier,
        ExpectDelivery,
        OpenDelivery,
        CloseDelivery,
        EraseDelivery,
        OfferDelivery,
        WithdrawCourier,
        EndOffer,
        AcceptOffer,
        DeclineOffer,
        RecordPickup,
        RecordDelivered,
        RecordDeliveryFailed,
    ),
    key="order id, or courier:<user id>",
    producers=("edge", "courier"),
    consumers=("courier",),
    append_time=True,
)
