"""What an order may do. It is checked and priced here, from the order domain's own copies; its slot and its coupon are
reserved before it is placed. A refusal is answered by the basket, once the lines are back in it."""

from collections.abc import Iterable
from typing import assert_never

from msgspec.structs import replace

from agents.order import checks, erasure
from agents.order.facts import Facts
from agents.order.progress import IN_KURUS, Progress
from agents.order.projection import cancelled, delivered, order
from topics.contracts.order_commands import (
    CancelOrder,
    Command,
    ConfirmCoupon,
    ConfirmSlot,
    DeliverOrder,
    EraseOrder,
    PlaceOrder,
    RefuseCoupon,
    RefuseSlot,
    TellOutcome,
)
from topics.contracts.order_events import (
    Event,
    OrderCancelled,
    OrderDelivered,
    OrderDrafted,
    OrderErased,
    OrderPlaced,
    OrderRefused,
    OutcomeAwaited,
    SlotAwaited,
    SlotHeld,
    SlotReturned,
)
from topics.copies import BOOKS, COUPONS, MEALS, RESTAURANTS
from topics.deciding.decision import Context, Decider, Decision, Rejection, accept, hand_on, reject
from topics.documents.order import Order
from topics.keys import coupon_share


def decide(command: Command, progress: Progress, facts: Facts, context: Context) -> Decision[Event]:
    match command:
        case PlaceOrder():
            return _place(command, progress, facts, context)
        case ConfirmSlot():
            return _confirm_slot(progress, context)
        case RefuseSlot():
            return _refuse_slot(progress, context)
        case ConfirmCoupon():
            return _confirm(progress, context)
        case RefuseCoupon():
            return _refuse_coupon(command, progress, context)
        case TellOutcome(user_id=user_id):
            return _known(progress, context, user_id)
        case CancelOrder():
            return _cancel(command, progress, context)
        case DeliverOrder():
            return _deliver(progress, facts, context)
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
    if made.coupon_code is None and made.slot is None:
        return accept(made, answer=order(context.aggregate_id, made))
    drafted = OrderDrafted(
        order=made,
        restore=command.restore,
        restore_coupon=command.restore_coupon,
        slot_limit=facts.restaurants[command.restaurant_id].orders_per_slot,
    )
    return hand_on(drafted)


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


def _confirm_slot(progress: Progress, context: Context) -> Decision[Event]:
    if progress.drafted is not None and progress.drafted.order.coupon_code is not None:
        return hand_on(SlotHeld())
    return _confirm(progress, context)


def _confirm(progress: Progress, context: Context) -> Decision[Event]:
    if progress.drafted is None:
        return _known(progress, context, None)
    placed = replace(progress.drafted.order, placed_at=context.now)
    events = (placed, *erasure.again(progress, placed))
    return accept(*events, answer=order(context.aggregate_id, placed))


def _refuse_slot(progress: Progress, context: Context) -> Decision[Event]:
    drafted = progress.drafted
    if drafted is None:
        return _known(progress, context, None)
    when = "now" if drafted.order.schedule_date is None else "for that time"
    detail = f"the restaurant takes no more orders {when}, choose a later time"
    return hand_on(_withdrawn(drafted, Rejection("slot_full", detail, "schedule_date")))


def _refuse_coupon(command: RefuseCoupon, progress: Progress, context: Context) -> Decision[Event]:
    drafted = progress.drafted
    if drafted is None:
        return _known(progress, context, None)
    refused = _withdrawn(drafted, Rejection(command.code, command.detail, "coupon_code"))
    return hand_on(*_returned(drafted.order), refused)


def _withdrawn(drafted: OrderDrafted, why: Rejection) -> OrderRefused:
    return OrderRefused(
        user_id=drafted.order.user_id,
        code=why.code,
        detail=why.detail,
        restore=drafted.restore,
        restore_coupon=drafted.restore_coupon,
        field=why.field,
        previous_order_id=drafted.order.previous_order_id,
    )


def _returned(placed: OrderPlaced) -> tuple[Event, ...]:
    if placed.slot is None:
        return ()
    return (SlotReturned(restaurant_id=placed.restaurant_id, slot=placed.slot),)


def _known(progress: Progress, context: Context, user_id: str | None) -> Decision[Event]:
    """What became of it. user_id: whose it must be; None: our own domains ask."""
    drafted, placed, refused = progress.drafted, progress.placed, progress.refused
    if placed is not None and user_id in (None, placed.user_id):
        return accept(answer=_as_it_is(progress, placed, context))
    if refused is not None and user_id in (None, refused.user_id):
        return reject(refused.code, refused.detail, field=refused.field, more=refused.more)
    if drafted is not None and user_id == drafted.order.user_id:
        return hand_on(_awaited(drafted.order, slot_held=progress.slot_held))
    return reject("not_found", "you have no such order")


def _awaited(drafted: OrderPlaced, *, slot_held: bool) -> SlotAwaited | OutcomeAwaited:
    if drafted.slot is not None and not slot_held:
        return SlotAwaited(user_id=drafted.user_id, restaurant_id=drafted.restaurant_id, slot=drafted.slot)
    assert drafted.coupon_code is not None, "a draft waits for its slot or for its coupon"
    return OutcomeAwaited(user_id=drafted.user_id, coupon_code=drafted.coupon_code)


def _as_it_is(progress: Progress, placed: OrderPlaced, context: Context) -> Order:
    shown = order(context.aggregate_id, placed)
    if progress.cancelled is not None:
        return cancelled(shown, progress.cancelled)
    return delivered(shown, progress.delivered) if progress.delivered is not None else shown


def _cancel(command: CancelOrder, progress: Progress, context: Context) -> Decision[Event]:
    """As long as it is not delivered. Twice is fine."""
    placed = progress.placed
    if placed is None or placed.user_id != context.caller or progress.erased:
        return reject("not_found", "you have no such order")
    if progress.cancelled is not None:
        return _known(progress, context, placed.user_id)
    if progress.delivered is not None:
        return reject("order_delivered", "this order is delivered and cannot be cancelled any more")
    event = OrderCancelled(
        user_id=placed.user_id,
        reason=command.reason,
        cancelled_at=context.now,
        coupon_code=placed.coupon_code,
    )
    return accept(event, *_returned(placed), answer=cancelled(order(context.aggregate_id, placed), event))


def _deliver(progress: Progress, facts: Facts, context: Context) -> Decision[Event]:
    """Twice is fine."""
    placed = progress.placed
    restaurant = facts.restaurants.get(placed.restaurant_id) if placed is not None else None
    if placed is None or restaurant is None or restaurant.owner_id != context.caller:
        return reject("not_found", "your restaurants have no such order")
    if progress.cancelled is not None:
        return reject("order_cancelled", "this order is cancelled")
    if progress.delivered is not None:
        return accept(answer=_as_it_is(progress, placed, context))
    event = OrderDelivered(user_id=placed.user_id, restaurant_id=placed.restaurant_id, delivered_at=context.now)
    return accept(event, answer=delivered(order(context.aggregate_id, placed), event))


def needs(command: Command, progress: Progress) -> Iterable[tuple[str, str]]:
    if isinstance(command, DeliverOrder) and progress.placed is not None:
        yield RESTAURANTS.name, progress.placed.restaurant_id
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
        case OrderDelivered():
            return replace(progress, delivered=event)
        case SlotHeld():
            return replace(progress, slot_held=True)
        case OutcomeAwaited() | SlotAwaited() | SlotReturned():
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
