"""What becomes of a delivery, and who is a courier. A delivery follows its order: it is expected when the order is placed,
opened when it is accepted, and closed when it ends."""

from collections.abc import Iterable
from typing import assert_never

from msgspec.structs import replace

from agents.courier import acts, offers, registry
from agents.courier.facts import RESTAURANTS, Facts
from agents.courier.kept import Kept
from agents.courier.projection import after, courier
from topics.contracts.courier_commands import (
    AcceptOffer,
    CloseDelivery,
    Command,
    DeclineOffer,
    EndOffer,
    EraseCourier,
    EraseDelivery,
    ExpectDelivery,
    OfferDelivery,
    OpenDelivery,
    RecordDelivered,
    RecordDeliveryFailed,
    RecordPickup,
    RegisterCourier,
    ResignCourier,
    WithdrawCourier,
)
from topics.contracts.courier_events import (
    CourierErased,
    CourierRegistered,
    CourierResigned,
    CourierWithdrawn,
    Delivered,
    DeliveryAccepted,
    DeliveryClosed,
    DeliveryErased,
    DeliveryExpected,
    DeliveryOffered,
    DeliveryOpened,
    Event,
    Failed,
    OfferDeclined,
    OfferEnded,
    PickedUp,
)
from topics.deciding.decision import Context, Decider, Decision, accept


def decide(command: Command, kept: Kept, facts: Facts, context: Context) -> Decision[Event]:
    match command:
        case RegisterCourier():
            return registry.register(command, kept, context)
        case ResignCourier():
            return registry.resign(kept)
        case EraseCourier():
            return registry.erase(kept)
        case ExpectDelivery() | OpenDelivery() | CloseDelivery() | EraseDelivery():
            return _follow(command, kept, context)
        case OfferDelivery():
            return offers.offer(command, kept, facts, context)
        case WithdrawCourier():
            return offers.withdraw(kept, facts, context)
        case EndOffer():
            return offers.end(kept)
        case DeclineOffer():
            return acts.decline(kept, context)
        case AcceptOffer() | RecordPickup() | RecordDelivered() | RecordDeliveryFailed():
            return acts.act(command, kept, context)
        case _:
            assert_never(command)


def _follow(
    command: ExpectDelivery | OpenDelivery | CloseDelivery | EraseDelivery, kept: Kept, context: Context
) -> Decision[Event]:
    """What the order does. Each counts once, and nothing is opened, closed or erased that was not expected: a customer who
    fetches the order needs no courier."""
    match command:
        case ExpectDelivery():
            expected = DeliveryExpected(
                restaurant_id=command.restaurant_id, restaurant_name=command.restaurant_name, address=command.address
            )
            return accept() if kept.expected is not None else accept(expected)
        case OpenDelivery():
            follows = kept.expected is not None and not kept.opened and kept.outcome is None
            return accept(DeliveryOpened()) if follows else accept()
        case CloseDelivery(outcome=outcome):
            delivered = kept.delivery is not None and kept.delivery.status == "delivered"
            if kept.expected is None or kept.outcome is not None or delivered:
                return accept()
            return accept(DeliveryClosed(outcome=outcome, at=context.now), cancels=(offers.TIMER,))
        case EraseDelivery():
            erased = kept.expected is None or kept.expected.address is None
            return accept() if erased else accept(DeliveryErased())


def needs(command: Command, kept: Kept) -> Iterable[tuple[str, str]]:
    if isinstance(command, OfferDelivery | WithdrawCourier) and kept.expected is not None:
        yield RESTAURANTS.name, kept.expected.restaurant_id


def claims(command: Command, aggregate_id: str, caller: str | None) -> Iterable[tuple[str, str]]:
    """A courier owns their id. An offer asks for it, too, and never takes it: it learns whether somebody owns it."""
    if isinstance(command, RegisterCourier) and caller is not None:
        yield registry.KIND, caller
    if isinstance(command, OfferDelivery):
        yield registry.KIND, command.courier_id


def evolve(kept: Kept, event: Event) -> Kept:
    now = replace(kept, delivery=kept.delivery and after(kept.delivery, event))
    match event:
        case CourierRegistered():
            return replace(kept, courier=courier(event))
        case CourierResigned():
            return replace(kept, courier=None)
        case CourierErased():
            return Kept(erased=True)
        case DeliveryExpected():
            return replace(kept, expected=event)
        case DeliveryOpened():
            return replace(kept, opened=True)
        case DeliveryOffered():
            return replace(kept, delivery=after(None, event), offers=kept.offers + 1)
        case OfferDeclined() | OfferEnded() | CourierWithdrawn():
            return replace(now, let_go=event.courier_id)
        case DeliveryAccepted() | PickedUp() | Failed():
            return now
        case Delivered():
            return replace(now, expected=_without_address(kept.expected))
        case DeliveryClosed():
            asked = kept.delivery is not None and kept.delivery.status == "offered"
            let_go = kept.delivery.courier_id if kept.delivery and asked else kept.let_go
            return replace(now, outcome=event.outcome, let_go=let_go, expected=_without_address(kept.expected))
        case DeliveryErased():
            return replace(now, expected=_without_address(kept.expected))
        case _:
            assert_never(event)


def _without_address(expected: DeliveryExpected | None) -> DeliveryExpected | None:
    return expected and replace(expected, address=None)


DECIDER = Decider[Command, Event, Kept, Facts](
    state=Kept,
    decide=decide,
    evolve=evolve,
    facts=Facts,
    fact_tables=(RESTAURANTS,),
    needs=needs,
    claims=claims,
)
