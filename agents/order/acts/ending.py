"""How an order ends before the customer has it: it is cancelled, rejected, or expires. What was reserved for it is given back,
and its policy sees to the money."""

from agents.order.acts.ends import cancelled, slot_returned
from agents.order.acts.telling import as_it_is, became, cannot, not_there
from agents.order.acts.who import owns
from agents.order.facts import Facts
from agents.order.progress import ENDS, UNANSWERED, Progress, Stage
from agents.order.times import STANDING
from topics.contracts.order_commands import CancelOrder
from topics.contracts.order_events import (
    BasketReturned,
    Event,
    OrderCancelled,
    OrderExpired,
    OrderPlaced,
    OrderRejected,
)
from topics.deciding.decision import Context, Decision

BY_CUSTOMER: frozenset[Stage] = UNANSWERED.union(("before_payments",))
"""Where a customer may cancel: nobody cooks yet."""


def cancel(
    command: CancelOrder, placed: OrderPlaced, progress: Progress, facts: Facts, context: Context
) -> Decision[Event]:
    """By its customer while nobody cooks, by the restaurant's owner until it is delivered. Twice is fine."""
    customer = placed.user_id == context.caller and not progress.erased
    owner = owns(placed, facts, context)
    if not customer and not owner:
        return not_there()
    if progress.stage == "cancelled":
        return as_it_is(progress, context)
    if customer and progress.stage in BY_CUSTOMER:
        end = cancelled(placed, progress.stage, context.now, "customer", command.reason)
        return ended(progress, context, end, basket=BasketReturned(user_id=placed.user_id, restore=()))
    if owner and progress.stage not in ENDS:
        return ended(progress, context, cancelled(placed, progress.stage, context.now, "owner", command.reason))
    return cannot(progress)


def ended(
    progress: Progress,
    context: Context,
    end: OrderCancelled | OrderRejected | OrderExpired,
    *before: Event,
    basket: BasketReturned | None = None,
) -> Decision[Event]:
    """before: what led to it. basket: its user may order the same at once, so the basket forgets the checkout."""
    placed = progress.placed
    assert placed is not None, "what was never placed has no such end"
    events = (*before, end, *slot_returned(placed), *((basket,) if basket is not None else ()))
    return became(progress, context, *events, cancels=STANDING[progress.stage])


def unpaid(placed: OrderPlaced) -> BasketReturned:
    """What the basket gave to an order comes back while the order waits for its payment; the order has nothing of it later."""
    return BasketReturned(user_id=placed.user_id, restore=placed.restore, restore_coupon=placed.restore_coupon)
