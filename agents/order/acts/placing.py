"""From a wish to a placed order: it is checked and priced, then its slot and its coupon are reserved. A refusal is answered by
the basket, once the lines are back in it."""

from msgspec.structs import replace

from agents.order import times
from agents.order.acts import checks, erasure
from agents.order.acts.ends import slot_returned
from agents.order.acts.telling import became, known, refused_before
from agents.order.facts import Facts
from agents.order.progress import Progress
from agents.order.times import STANDING, Times
from topics.contracts.order_commands import PlaceOrder, RefuseCoupon
from topics.contracts.order_events import (
    CouponReturned,
    Event,
    OrderDrafted,
    OrderRefused,
    SlotHeld,
    SlotReturned,
)
from topics.deciding.decision import Context, Decision, Rejection, hand_on


def place(command: PlaceOrder, progress: Progress, facts: Facts, context: Context, wait: Times) -> Decision[Event]:
    """An order is decided once; whoever asks again is told the same."""
    if progress != Progress():
        return known(progress, context, command.user_id)
    made = checks.drafted(command, facts, context.now)
    if isinstance(made, Rejection):
        return hand_on(_refused(command, made))
    drafted = OrderDrafted(
        order=made,
        restore=command.restore,
        restore_coupon=command.restore_coupon,
        slot_limit=facts.restaurants[command.restaurant_id].orders_per_slot,
        card=command.card,
    )
    if made.coupon_code is None and made.slot is None:
        return _placed(drafted, progress, context, wait)
    return hand_on(drafted, timers=(times.reservation(context.now + wait.reservation),))


def confirm_slot(progress: Progress, context: Context, wait: Times) -> Decision[Event]:
    late = progress.late
    if progress.refused is not None and late is not None and late.slot is not None:
        return refused_before(progress.refused, SlotReturned(restaurant_id=late.restaurant_id, slot=late.slot))
    drafted = progress.drafted
    if drafted is None or progress.stage != "slot":
        return known(progress, context, None)
    if drafted.order.coupon_code is not None:
        return hand_on(SlotHeld())
    return _placed(drafted, progress, context, wait)


def confirm_coupon(progress: Progress, context: Context, wait: Times) -> Decision[Event]:
    late = progress.late
    if progress.refused is not None and late is not None and late.coupon_code is not None:
        return refused_before(progress.refused, CouponReturned(user_id=late.user_id, coupon_code=late.coupon_code))
    if progress.drafted is None or progress.stage != "coupon":
        return known(progress, context, None)
    return _placed(progress.drafted, progress, context, wait)


def refuse_slot(progress: Progress, context: Context) -> Decision[Event]:
    drafted = progress.drafted
    if drafted is None or progress.stage != "slot":
        return known(progress, context, None)
    when = "now" if drafted.order.schedule_date is None else "for that time"
    detail = f"the restaurant takes no more orders {when}, choose a later time"
    refused = _withdrawn(drafted, Rejection("slot_full", detail, "schedule_date"))
    return hand_on(refused, cancels=STANDING["slot"])


def refuse_coupon(command: RefuseCoupon, progress: Progress, context: Context) -> Decision[Event]:
    drafted = progress.drafted
    if drafted is None or progress.stage != "coupon":
        return known(progress, context, None)
    refused = _withdrawn(drafted, Rejection(command.code, command.detail, "coupon_code"))
    return hand_on(*slot_returned(drafted.order), refused, cancels=STANDING["coupon"])


def give_up(progress: Progress, context: Context) -> Decision[Event]:
    """A reservation that comes later is given back then: whether there is one is not known before."""
    drafted = progress.drafted
    if drafted is None:
        return known(progress, context, None)
    awaited = "slot" if progress.stage == "slot" else "coupon"
    detail = "your order could not be placed in time, try again"
    refused = replace(_withdrawn(drafted, Rejection("not_in_time", detail)), awaited=awaited)
    held = slot_returned(drafted.order) if progress.slot_held else ()
    return hand_on(*held, refused)


def _placed(drafted: OrderDrafted, progress: Progress, context: Context, wait: Times) -> Decision[Event]:
    now, cancels = context.now, STANDING.get(progress.stage, ())
    if progress.erased:
        placed = replace(drafted.order, placed_at=now)
        return became(progress, context, placed, *erasure.withdrawn(placed, progress.stage, now), cancels=cancels)
    placed = replace(
        drafted.order,
        placed_at=now,
        pay_by=now + wait.payment,
        card=drafted.card,
        restore=drafted.restore,
        restore_coupon=drafted.restore_coupon,
    )
    return became(progress, context, placed, timers=(times.payment(now + wait.payment),), cancels=cancels)


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
