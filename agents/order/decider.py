"""What an order may do: every command in every state. docs/order.md has the table of both, made of this code."""

from collections.abc import Iterable
from functools import partial
from typing import assert_never

from agents.order.acts import ending, erasure, handing_over, kitchen, paying, placing, telling
from agents.order.acts.who import of_restaurant
from agents.order.evolving import evolve
from agents.order.facts import Facts
from agents.order.progress import IN_KURUS, Progress
from agents.order.times import Times
from topics.contracts.order_commands import (
    AcceptOrder,
    ByRestaurant,
    CancelOrder,
    ChallengePayment,
    Command,
    CompleteDelivery,
    CompleteOrder,
    ConfirmCoupon,
    ConfirmPayment,
    ConfirmSlot,
    DelayOrder,
    DeliverOrder,
    EraseOrder,
    ExpireOrder,
    ExpireTicket,
    FailDelivery,
    GiveUpPayment,
    GiveUpReservation,
    PickUpOrder,
    PlaceOrder,
    PrepareOrder,
    ReadyOrder,
    RecordSettlement,
    RefuseCoupon,
    RefusePayment,
    RefuseSlot,
    RejectOrder,
    ReleaseScheduled,
    RemindKitchen,
    StartDelivery,
    TellOutcome,
)
from topics.contracts.order_events import Event, OrderPlaced
from topics.copies import BOOKS, COUPONS, MEALS, RESTAURANTS
from topics.deciding.decision import Context, Decider, Decision
from topics.keys import coupon_share


def decide(wait: Times, command: Command, progress: Progress, facts: Facts, context: Context) -> Decision[Event]:
    """Before an order is placed. What comes for a placed one is decided in `_of_placed`."""
    match command:
        case PlaceOrder():
            return placing.place(command, progress, facts, context, wait)
        case ConfirmSlot():
            return placing.confirm_slot(progress, context, wait)
        case RefuseSlot():
            return placing.refuse_slot(progress, context)
        case ConfirmCoupon():
            return placing.confirm_coupon(progress, context, wait)
        case RefuseCoupon():
            return placing.refuse_coupon(command, progress, context)
        case GiveUpReservation():
            return placing.give_up(progress, context)
        case TellOutcome(user_id=user_id):
            return telling.known(progress, context, user_id)
        case EraseOrder():
            return erasure.erase(command, progress, context)
        case _:
            if progress.placed is None:
                return telling.not_there()
            return _of_placed(wait, command, progress.placed, progress, facts, context)


PlacedCommand = (
    ConfirmPayment
    | RefusePayment
    | ChallengePayment
    | RecordSettlement
    | GiveUpPayment
    | ReleaseScheduled
    | RemindKitchen
    | ExpireOrder
    | ByRestaurant
    | StartDelivery
    | CompleteDelivery
    | FailDelivery
    | CompleteOrder
    | CancelOrder
)


def _of_placed(
    wait: Times, command: PlacedCommand, placed: OrderPlaced, progress: Progress, facts: Facts, context: Context
) -> Decision[Event]:
    match command:
        case ConfirmPayment():
            return paying.confirm(placed, progress, facts, context, wait)
        case RefusePayment():
            return paying.refuse(command, placed, progress, context)
        case ChallengePayment():
            return paying.challenge(command, placed, progress, context, wait)
        case RecordSettlement():
            return paying.settle(command, placed, progress, context)
        case GiveUpPayment():
            return paying.give_up(placed, progress, context)
        case ReleaseScheduled():
            return kitchen.release(placed, progress, facts, context, wait)
        case RemindKitchen():
            return kitchen.remind(placed, progress, context, wait)
        case ExpireOrder():
            return kitchen.expire(placed, progress, context)
        case StartDelivery():
            return handing_over.start(command, placed, progress, context, wait)
        case CompleteDelivery():
            return handing_over.complete(command, placed, progress, context)
        case FailDelivery():
            return handing_over.fail(command, placed, progress, context, wait)
        case CompleteOrder():
            return handing_over.complete_itself(placed, progress, context)
        case CancelOrder():
            return ending.cancel(command, placed, progress, facts, context)
        case _:
            return _by_restaurant(wait, command, placed, progress, facts, context)


def _by_restaurant(
    wait: Times, command: ByRestaurant, placed: OrderPlaced, progress: Progress, facts: Facts, context: Context
) -> Decision[Event]:
    by = of_restaurant(command, placed, facts, context)
    if by is None:
        return telling.not_there()
    match command:
        case AcceptOrder():
            return kitchen.accept(command, by, placed, progress, facts, context, wait)
        case RejectOrder():
            return kitchen.turn_down(command, by, placed, progress, context)
        case DelayOrder():
            return kitchen.delay(command, by, placed, progress, context, wait)
        case PrepareOrder():
            return kitchen.prepare(by, placed, progress, context)
        case ReadyOrder():
            return kitchen.ready(by, placed, progress, context)
        case DeliverOrder():
            return handing_over.deliver(by, placed, progress, context)
        case PickUpOrder():
            return handing_over.pick_up(by, placed, progress, context)
        case ExpireTicket():
            return kitchen.expire(placed, progress, context)
        case _:
            assert_never(command)


def needs(command: Command, progress: Progress) -> Iterable[tuple[str, str]]:
    if isinstance(command, PlaceOrder):
        yield from _of_wish(command)
    elif progress.placed is not None and isinstance(command, _ASKS_RESTAURANT):
        yield RESTAURANTS.name, progress.placed.restaurant_id
        if isinstance(command, ReleaseScheduled):
            for item in progress.placed.items:
                yield MEALS.name, item.meal_id


_ASKS_RESTAURANT = ByRestaurant | CancelOrder | ConfirmPayment | ReleaseScheduled


def _of_wish(command: PlaceOrder) -> Iterable[tuple[str, str]]:
    yield RESTAURANTS.name, command.restaurant_id
    if not command.pickup:
        yield BOOKS.name, command.user_id
    for item in command.items:
        yield MEALS.name, item.meal_id
    if command.coupon_code is not None:
        yield COUPONS.name, command.coupon_code
        yield COUPONS.name, coupon_share(command.coupon_code, command.user_id)


def decider(wait: Times) -> Decider[Command, Event, Progress, Facts]:
    return Decider[Command, Event, Progress, Facts](
        state=Progress,
        decide=partial(decide, wait),
        evolve=evolve,
        facts=Facts,
        fact_tables=(MEALS, RESTAURANTS, BOOKS, COUPONS),
        needs=needs,
        upcasts=(IN_KURUS,),
    )


DECIDER = decider(Times())
