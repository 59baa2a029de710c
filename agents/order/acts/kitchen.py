"""An order and its restaurant: when it comes to the kitchen, what is done where nobody answers, and what the restaurant says.

Said twice or late, an answer changes nothing, and whoever gave it is told how the order stands.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from agents.order import times
from agents.order.acts import ending, ends
from agents.order.acts.telling import as_it_is, became, cannot, refused_as
from agents.order.acts.wanted import due_at, no_more, not_taken, opens_for
from agents.order.facts import Facts
from agents.order.progress import COOKED, HAVE_IT, Progress, Stage
from agents.order.times import MOST_DELAYS, PREPARATION, STANDING, Times
from topics.contracts.order_commands import AcceptOrder, DelayOrder, RejectOrder
from topics.contracts.order_events import (
    Event,
    KitchenReminded,
    OrderAccepted,
    OrderDelayed,
    OrderPlaced,
    OrderPreparing,
    OrderReady,
    OrderScheduled,
    OrderSentToKitchen,
)
from topics.deciding.decision import Context, Decision, Timer
from topics.values.fields import Actor

AFTER_READY: frozenset[Stage] = HAVE_IT.union(("ready", "on_the_way"))


class Onward(NamedTuple):
    events: tuple[Event, ...]
    timers: tuple[Timer, ...]


def onward(placed: OrderPlaced, facts: Facts, context: Context, wait: Times) -> Onward:
    """A paid order comes to the kitchen, or waits for its time."""
    restaurant = facts.restaurants.get(placed.restaurant_id)
    due = None if restaurant is None else due_at(placed, restaurant, context.now)
    begins = None if due is None else due - preparation(placed, facts)
    if due is None or begins is None or begins <= context.now:
        return _sent(placed, due, facts, context, wait)
    return _scheduled(placed, due, begins, context)


def preparation(placed: OrderPlaced, facts: Facts) -> timedelta:
    restaurant = facts.restaurants.get(placed.restaurant_id)
    return PREPARATION if restaurant is None else timedelta(minutes=restaurant.prep_time)


def release(placed: OrderPlaced, progress: Progress, facts: Facts, context: Context, wait: Times) -> Decision[Event]:
    """A scheduled order is checked again, for what has changed since it was placed."""
    if progress.stage != "scheduled":
        return as_it_is(progress, context)
    why = no_more(placed, facts, context.now)
    if why is not None:
        return ending.ended(progress, context, ends.rejected(placed, context.now, "system", why))
    next_ = _again(placed, facts, context) or _sent(placed, progress.shown.due_at, facts, context, wait)
    return became(progress, context, *next_.events, timers=next_.timers, cancels=STANDING["scheduled"])


def remind(placed: OrderPlaced, progress: Progress, context: Context, wait: Times) -> Decision[Event]:
    sent_at = progress.shown.sent_at
    if progress.stage != "waiting" or sent_at is None:
        return as_it_is(progress, context)
    reminded = KitchenReminded(
        user_id=placed.user_id,
        restaurant_id=placed.restaurant_id,
        at=context.now,
        expires_at=sent_at + wait.answer,
    )
    return became(progress, context, reminded)


def expire(placed: OrderPlaced, progress: Progress, context: Context) -> Decision[Event]:
    if progress.stage not in ("waiting", "before_payments"):
        return as_it_is(progress, context)
    end = ends.expired(placed, context.now, "system", "the restaurant did not answer in time")
    return ending.ended(progress, context, end)


def accept(
    command: AcceptOrder,
    by: Actor,
    placed: OrderPlaced,
    progress: Progress,
    facts: Facts,
    context: Context,
    wait: Times,
) -> Decision[Event]:
    if progress.stage in COOKED | HAVE_IT:
        return as_it_is(progress, context)
    if progress.stage not in ("waiting", "before_payments"):
        return cannot(progress)
    usual = preparation(placed, facts)
    prep = usual if command.prep_time is None else timedelta(minutes=command.prep_time)
    accepted = _accepted(placed, by, prep, context.now)
    timers = (times.completion(accepted.ready_at + wait.completion),)
    return became(progress, context, accepted, timers=timers, cancels=STANDING[progress.stage])


def turn_down(
    command: RejectOrder, by: Actor, placed: OrderPlaced, progress: Progress, context: Context
) -> Decision[Event]:
    if progress.stage == "rejected":
        return as_it_is(progress, context)
    if progress.stage not in ("waiting", "scheduled", "before_payments"):
        return cannot(progress)
    return ending.ended(progress, context, ends.rejected(placed, context.now, by, command.reason))


def delay(
    command: DelayOrder, by: Actor, placed: OrderPlaced, progress: Progress, context: Context, wait: Times
) -> Decision[Event]:
    if progress.stage not in ("accepted", "preparing"):
        return cannot(progress)
    if progress.delays >= MOST_DELAYS:
        return refused_as(progress, "too_many_delays", f"an order is delayed {MOST_DELAYS} times at most")
    before = max(progress.shown.ready_at or context.now, context.now)
    delayed = OrderDelayed(
        user_id=placed.user_id,
        restaurant_id=placed.restaurant_id,
        at=context.now,
        by=by,
        minutes=command.minutes,
        reason=command.reason,
        ready_at=before + timedelta(minutes=command.minutes),
    )
    return became(progress, context, delayed, timers=(times.completion(delayed.ready_at + wait.completion),))


def prepare(by: Actor, placed: OrderPlaced, progress: Progress, context: Context) -> Decision[Event]:
    if progress.stage == "preparing" or progress.stage in AFTER_READY:
        return as_it_is(progress, context)
    if progress.stage != "accepted":
        return cannot(progress)
    begun = OrderPreparing(user_id=placed.user_id, restaurant_id=placed.restaurant_id, at=context.now, by=by)
    return became(progress, context, begun)


def ready(by: Actor, placed: OrderPlaced, progress: Progress, context: Context) -> Decision[Event]:
    if progress.stage in AFTER_READY:
        return as_it_is(progress, context)
    if progress.stage not in ("accepted", "preparing"):
        return cannot(progress)
    done = OrderReady(
        user_id=placed.user_id,
        restaurant_id=placed.restaurant_id,
        at=context.now,
        by=by,
        delivery=not placed.pickup,
    )
    return became(progress, context, done)


def _again(placed: OrderPlaced, facts: Facts, context: Context) -> Onward | None:
    """An order for a mere day waits once more where a pause or other hours have moved the time at which its kitchen begins."""
    restaurant = facts.restaurants.get(placed.restaurant_id)
    opens = None if restaurant is None else opens_for(placed.schedule_date, restaurant, context.now)
    if opens is None or opens <= context.now:
        return None
    begins = opens.astimezone(UTC)
    return _scheduled(placed, begins + preparation(placed, facts), begins, context)


def _scheduled(placed: OrderPlaced, due: datetime, begins: datetime, context: Context) -> Onward:
    scheduled = OrderScheduled(
        user_id=placed.user_id, restaurant_id=placed.restaurant_id, at=context.now, due_at=due, kitchen_at=begins
    )
    return Onward((scheduled,), (times.kitchen(begins),))


def _sent(placed: OrderPlaced, due: datetime | None, facts: Facts, context: Context, wait: Times) -> Onward:
    now = context.now
    restaurant = facts.restaurants.get(placed.restaurant_id)
    # Money is taken with the acceptance: where the restaurant has closed or paused meanwhile, somebody has to say so.
    auto = restaurant is not None and restaurant.auto_accept and not_taken(placed, restaurant, now) is None
    ticket = OrderSentToKitchen(
        user_id=placed.user_id,
        restaurant_id=placed.restaurant_id,
        at=now,
        restaurant_name=placed.restaurant_name,
        items=placed.items,
        note=placed.note,
        gift_note=placed.gift_note,
        due_at=due,
        expires_at=now + wait.answer,
        delivery=not placed.pickup,
        payment_method=placed.payment_method,
        total=placed.total,
        auto=auto,
    )
    if not auto:
        return Onward((ticket,), times.answer(now, wait))
    accepted = _accepted(placed, "auto", preparation(placed, facts), now)
    return Onward((ticket, accepted), (times.completion(accepted.ready_at + wait.completion),))


def _accepted(placed: OrderPlaced, by: Actor, prep: timedelta, now: datetime) -> OrderAccepted:
    return OrderAccepted(
        user_id=placed.user_id,
        restaurant_id=placed.restaurant_id,
        at=now,
        by=by,
        prep_time=int(prep.total_seconds()) // 60,
        ready_at=now + prep,
        delivery=not placed.pickup,
    )
