"""What the payment says of an order, and what is done where it says nothing."""

from agents.order import times
from agents.order.acts import ending, ends, kitchen
from agents.order.acts.telling import as_it_is, became
from agents.order.acts.wanted import day_over
from agents.order.facts import Facts
from agents.order.progress import ENDS, HAVE_IT, Progress
from agents.order.times import STANDING, Times
from topics.contracts.order_commands import ChallengePayment, RecordSettlement, RefusePayment
from topics.contracts.order_events import (
    Event,
    OrderPlaced,
    PaymentChallenged,
    PaymentConfirmed,
    PaymentRefused,
    PaymentSettled,
)
from topics.deciding.decision import Context, Decision


def confirm(placed: OrderPlaced, progress: Progress, facts: Facts, context: Context, wait: Times) -> Decision[Event]:
    """Once. It goes to the kitchen, at once or at its time; it ends where nothing is left of the day that was asked for."""
    if progress.stage != "paying":
        return as_it_is(progress, context)
    paid = PaymentConfirmed(
        user_id=placed.user_id, restaurant_id=placed.restaurant_id, at=context.now, method=placed.payment_method
    )
    over = day_over(placed, facts.restaurants.get(placed.restaurant_id), context.now)
    if over is not None:
        return ending.ended(progress, context, ends.rejected(placed, context.now, "system", over), paid)
    onward = kitchen.onward(placed, facts, context, wait)
    return became(progress, context, paid, *onward.events, timers=onward.timers, cancels=STANDING["paying"])


def challenge(
    command: ChallengePayment, placed: OrderPlaced, progress: Progress, context: Context, wait: Times
) -> Decision[Event]:
    """The customer gets as long again to answer, once."""
    if progress.stage != "paying" or progress.shown.payment_url == command.url:
        return as_it_is(progress, context)
    asked = PaymentChallenged(
        user_id=placed.user_id, restaurant_id=placed.restaurant_id, at=context.now, url=command.url
    )
    first = progress.shown.payment_status != "challenged"
    return became(progress, context, asked, timers=(times.payment(context.now + wait.payment),) if first else ())


def refuse(command: RefusePayment, placed: OrderPlaced, progress: Progress, context: Context) -> Decision[Event]:
    """The order ends, and the basket comes back where it was just placed. Once the courier has the order, it is only noted.

    Its customer may order the same with another card at once: the basket forgets the checkout even where nothing comes back.
    """
    if placed.pay_by is None or progress.shown.payment_status in ("failed", "voided", "refunded"):
        return as_it_is(progress, context)
    refused = PaymentRefused(
        user_id=placed.user_id,
        restaurant_id=placed.restaurant_id,
        at=context.now,
        code=command.code,
        detail=command.detail,
    )
    if progress.stage == "on_the_way" or progress.stage in HAVE_IT:
        return became(progress, context, refused)
    if progress.stage in ENDS:
        return as_it_is(progress, context)
    end = ends.cancelled(placed, progress.stage, context.now, "system", command.detail, for_payment=True)
    return ending.ended(progress, context, end, refused, basket=ending.unpaid(placed))


def settle(command: RecordSettlement, placed: OrderPlaced, progress: Progress, context: Context) -> Decision[Event]:
    """Refunds come in parts, the others once."""
    if placed.pay_by is None or (command.kind != "refunded" and progress.shown.payment_status == command.kind):
        return as_it_is(progress, context)
    settled = PaymentSettled(
        user_id=placed.user_id,
        restaurant_id=placed.restaurant_id,
        at=context.now,
        kind=command.kind,
        amount=command.amount,
        sold_at=progress.had_at if command.kind == "refunded" else None,
    )
    return became(progress, context, settled)


def give_up(placed: OrderPlaced, progress: Progress, context: Context) -> Decision[Event]:
    if progress.stage != "paying":
        return as_it_is(progress, context)
    end = ends.expired(placed, context.now, "system", "the payment was not confirmed in time")
    return ending.ended(progress, context, end, basket=ending.unpaid(placed))
