"""The user of an order is erased. What stays of it: agents/order/erased.py.

The orders of a user are a chain: each names the one before it, so an erasure walks from the newest to the oldest.
"""

from datetime import datetime

from agents.order.acts.ends import cancelled, slot_returned
from agents.order.progress import UNANSWERED, Progress, Stage
from agents.order.times import STANDING
from topics.contracts.order_commands import EraseOrder
from topics.contracts.order_events import Event, OrderErased, OrderPlaced, OrderRefused
from topics.deciding.decision import Context, Decision, accept


def erase(command: EraseOrder, progress: Progress, context: Context) -> Decision[Event]:
    """Nothing where it is erased already, or somebody else's. An order that nobody cooks yet is cancelled."""
    order = _order(progress)
    if order is None or order.user_id != command.user_id or progress.erased:
        return accept()
    if progress.placed is not None and progress.stage in UNANSWERED:
        return accept(*withdrawn(progress.placed, progress.stage, context.now), cancels=STANDING[progress.stage])
    return accept(_event(order))


def withdrawn(placed: OrderPlaced, stage: Stage, at: datetime) -> tuple[Event, ...]:
    """Of an order whose user is no more, and that nobody cooks. stage: where it stood."""
    return (cancelled(placed, stage, at, "system", ""), *slot_returned(placed), _event(placed))


def _order(progress: Progress) -> OrderPlaced | OrderRefused | None:
    return progress.drafted.order if progress.drafted else progress.placed or progress.refused


def _event(order: OrderPlaced | OrderRefused) -> OrderErased:
    return OrderErased(user_id=order.user_id, previous_order_id=order.previous_order_id)
