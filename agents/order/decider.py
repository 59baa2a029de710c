"""What an order may do. It is checked and priced here, from the order domain's own copies; a coupon is reserved before it is
placed. A refusal is answered by the basket, once the lines are back in it."""

from collections.abc import Iterable
from typing import assert_never

from msgspec.structs import replace

from agents.order import checks, erasure
from agents.order.facts import Facts
from agents.order.progress import IN_KURUS, Progress
from agents.order.projection import order
from topics.contracts.order_commands import (
    CancelOrder,
    Command,
    ConfirmCoupon,
    EraseOrder,
    PlaceOrder,
    RefuseCoupon,
    TellOutcome,
)
from topics.contracts.order_events import (
    Event,
    OrderCancelled,
    OrderDrafted,
    OrderErased,
    OrderPlaced,
    OrderRefused,
    OutcomeAwaited,
)
from topics.copies import BOOKS, COUPONS, MEALS, RESTAURANTS
from topics.deciding.decision import Context, Decider, Decision, Rejection, accept, hand_on, reject
from topics.keys import coupon_share


def decide(command: Command, progress: Progress, facts: Facts, context: Context) -> Decision[Event]:
    match command:
        case PlaceOrder():
            return _place(command, progress, facts, context)
        case ConfirmCoupon():
            return _confirm(progress, context)
        case RefuseCoupon():
            return _refuse_coupon(command, progress, context)
        case TellOutcome(user_id=user_id):
            return _known(progress, context, user_id)
        case CancelOrder():
            return _cancel(command, progress, context)
        case EraseOrder():
            return erasure.erase(command, progress)
        case _:
            assert_never(command)


def _place(command: PlaceOrder, progress: Progress, facts: Facts, context: Context) -> Decision[Event]:
    """An order is decided once; whoever asks again is told the same."""
    if progress != Progress():
        return _known(progress, context, command.user_id)
    made = checks.drafted(command, facts, context.now)
    if isinstance(made, Rejection):
        return hand_on(_refused(command, made))
    if made.coupon_code is not None:
        return hand_on(OrderDrafted(order=made, restore=command.restore, restore_coupon=command.restore_coupon))
    return accept(made, answer=order(context.aggregate_id, made))


def _refused(command: PlaceOrder, why: Rejection) -> OrderRefused:
    return OrderRefused(
        user_id=command.user_id,
        code=why.code,
        detail=why.detail,
        restore=command.restore,
        restore_coupon=command.restore_coupon,
        field=why.field,
        more=None if why.more is None else dict(why.more),
        previous_order_id=command.previous_order_id,
    )


def _confirm(progress: Progress, context: Context) -> Decision[Event]:
    if progress.drafted is None:
        return _known(progress, context, None)
    placed = replace(progress.drafted.order, placed_at=context.now)
    events = (placed, *erasure.again(progress, placed))
    return accept(*events, answer=order(context.aggregate_id, placed))


def _refuse_coupon(command: RefuseCoupon, progress: Progress, context: Context) -> Decision[Event]:
    drafted = progress.drafted
    if drafted is None:
        return _known(progress, context, None)
    refused = OrderRefused(
        user_id=drafted.order.user_id,
        code=command.code,
        detail=command.detail,
        restore=drafted.restore,
        restore_coupon=drafted.restore_coupon,
        field="coupon_code",
        previous_order_id=drafted.order.previous_order_id,
    )
    return hand_on(refused)


def _known(progress: Progress, context: Context, user_id: str | None) -> Decision[Event]:
    """What became of it. user_id: whose it must be; None: our own domains ask."""
    drafted, placed, refused = progress.drafted, progress.placed, progress.refused
    if placed is not None and user_id in (None, placed.user_id):
        return accept(answer=order(context.aggregate_id, placed, progress.cancelled))
    if refused is not None and user_id in (None, refused.user_id):
        return reject(refused.code, refused.detail, field=refused.field, more=refused.more)
    if drafted is not None and drafted.order.coupon_code is not None and user_id == drafted.order.user_id:
        return hand_on(OutcomeAwaited(user_id=drafted.order.user_id, coupon_code=drafted.order.coupon_code))
    return reject("not_found", "you have no such order")


def _cancel(command: CancelOrder, progress: Progress, context: Context) -> Decision[Event]:
    """As long as no restaurant has accepted it, which none can do yet. Twice is fine."""
    placed = progress.placed
    if placed is None or placed.user_id != context.caller or progress.erased:
        return reject("not_found", "you have no such order")
    if progress.cancelled is not None:
        return _known(progress, context, placed.user_id)
    cancelled = OrderCancelled(
        user_id=placed.user_id,
        reason=command.reason,
        cancelled_at=context.now,
        coupon_code=placed.coupon_code,
    )
    return accept(cancelled, answer=order(context.aggregate_id, placed, cancelled))


def needs(command: Command, progress: Progress) -> Iterable[tuple[str, str]]:
    if not isinstance(command, PlaceOrder):
        return
    yield RESTAURANTS.name, command.restaurant_id
    if not command.pickup:
        yield BOOKS.name, command.user_id
    for item in command.items:
        yield MEALS.name, item.meal_id
    if command.coupon_code is not None:
        yield COUPONS.name, command.coupon_code
        yield COUPONS.name, coupon_share(command.coupon_code, command.user_id)


def evolve(progress: Progress, event: Event) -> Progress:
    match event:
        case OrderPlaced():
            return Progress(placed=event)
        case OrderDrafted():
            return Progress(drafted=event)
        case OrderRefused():
            # The lines went back with the event: a state of them would stay for every refusal, for ever.
            return Progress(refused=replace(event, restore=(), restore_coupon=None))
        case OrderCancelled():
            return replace(progress, cancelled=event)
        case OutcomeAwaited():
            return progress
        case OrderErased():
            return erasure.erased(progress)
        case _:
            assert_never(event)


DECIDER = Decider[Command, Event, Progress, Facts](
    state=Progress,
    decide=decide,
    evolve=evolve,
    facts=Facts,
    fact_tables=(MEALS, RESTAURANTS, BOOKS, COUPONS),
    needs=needs,
    upcasts=(IN_KURUS,),
)
