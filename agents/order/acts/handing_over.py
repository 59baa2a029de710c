"""How a cooked order comes to its customer: brought by the restaurant or by a courier, or picked up."""

from datetime import datetime

from agents.order import times
from agents.order.acts import ending, ends
from agents.order.acts.telling import as_it_is, became, cannot, refused_as
from agents.order.progress import COOKED, HAVE_IT, Progress
from agents.order.times import MOST_FAILURES, STANDING, Times
from topics.contracts.order_commands import CompleteDelivery, FailDelivery, StartDelivery
from topics.contracts.order_events import (
    DeliveryFailed,
    Event,
    OrderDelivered,
    OrderOnTheWay,
    OrderPickedUp,
    OrderPlaced,
)
from topics.deciding.decision import Context, Decision
from topics.values.fields import Actor
from topics.values.moments import between

NOT_DELIVERED = "it could not be delivered"


def deliver(by: Actor, placed: OrderPlaced, progress: Progress, context: Context) -> Decision[Event]:
    """The restaurant says that the customer has it."""
    if progress.stage in HAVE_IT:
        return as_it_is(progress, context)
    if progress.stage not in COOKED and progress.stage != "before_payments":
        return cannot(progress)
    return _had(placed, progress, context, by, context.now)


def pick_up(by: Actor, placed: OrderPlaced, progress: Progress, context: Context) -> Decision[Event]:
    if not placed.pickup:
        return refused_as(progress, "order_for_delivery", "this order is to be delivered")
    return deliver(by, placed, progress, context)


def start(
    command: StartDelivery, placed: OrderPlaced, progress: Progress, context: Context, wait: Times
) -> Decision[Event]:
    """A courier has taken it."""
    if placed.pickup or progress.stage not in ("accepted", "preparing", "ready"):
        return as_it_is(progress, context)
    taken = OrderOnTheWay(
        user_id=placed.user_id,
        restaurant_id=placed.restaurant_id,
        at=_moment(command.at, progress, context),
        by="courier",
        courier_id=command.courier_id,
    )
    return became(progress, context, taken, timers=(times.completion(context.now + wait.completion),))


def complete(command: CompleteDelivery, placed: OrderPlaced, progress: Progress, context: Context) -> Decision[Event]:
    if not _has(command.courier_id, progress):
        return as_it_is(progress, context)
    return _had(placed, progress, context, "courier", _moment(command.at, progress, context))


def fail(
    command: FailDelivery, placed: OrderPlaced, progress: Progress, context: Context, wait: Times
) -> Decision[Event]:
    """It waits for another courier, or for what the restaurant does; not for ever, and not too often."""
    if not _has(command.courier_id, progress):
        return as_it_is(progress, context)
    failed = DeliveryFailed(
        user_id=placed.user_id,
        restaurant_id=placed.restaurant_id,
        at=_moment(command.at, progress, context),
        by="courier",
        courier_id=command.courier_id,
        reason=command.reason,
    )
    if progress.failures + 1 >= MOST_FAILURES:
        end = ends.cancelled(placed, progress.stage, context.now, "system", command.reason)
        return ending.ended(progress, context, end, failed)
    return became(progress, context, failed, timers=(times.completion(context.now + wait.returned),))


def complete_itself(placed: OrderPlaced, progress: Progress, context: Context) -> Decision[Event]:
    """Nobody said what became of it. Most likely the customer has it, unless a courier has brought it back."""
    if progress.stage not in COOKED:
        return as_it_is(progress, context)
    if progress.failures and progress.stage != "on_the_way":
        end = ends.cancelled(placed, progress.stage, context.now, "system", NOT_DELIVERED)
        return ending.ended(progress, context, end)
    return _had(placed, progress, context, "system", context.now)


def _has(courier_id: str, progress: Progress) -> bool:
    return progress.stage == "on_the_way" and progress.shown.courier_id == courier_id


def _moment(said: datetime, progress: Progress, context: Context) -> datetime:
    """When a courier acted, by the courier's clock, as far as it can be."""
    return between(progress.shown.updated_at, said, context.now)


def _had(placed: OrderPlaced, progress: Progress, context: Context, by: Actor, at: datetime) -> Decision[Event]:
    if placed.pickup:
        event: Event = OrderPickedUp(user_id=placed.user_id, restaurant_id=placed.restaurant_id, at=at, by=by)
    else:
        event = OrderDelivered(user_id=placed.user_id, restaurant_id=placed.restaurant_id, delivered_at=at, by=by)
    return became(progress, context, event, cancels=STANDING[progress.stage])
