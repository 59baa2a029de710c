"""What stays of an order whose user is erased. Pure.

The restaurant has to keep what it sold, when, and for how much; the user's id stands for who bought it. Notes, the delivery
address and the reason of a cancellation are not needed for that. The orders of a user are a chain: each names the one before
it, so an erasure walks from the newest to the oldest.
"""

from msgspec.structs import replace

from agents.order.progress import Progress
from topics.contracts.order_commands import EraseOrder
from topics.contracts.order_events import Event, OrderErased, OrderPlaced, OrderRefused
from topics.deciding.decision import Decision, accept


def erase(command: EraseOrder, progress: Progress) -> Decision[Event]:
    """Nothing where it is erased already, or somebody else's."""
    order = _order(progress)
    if order is None or order.user_id != command.user_id or progress.erased:
        return accept()
    return accept(_event(order))


def again(progress: Progress, placed: OrderPlaced) -> tuple[Event, ...]:
    """For an order that was erased while it waited for a reservation, and is placed now."""
    return (_event(placed),) if progress.erased else ()


def erased(progress: Progress) -> Progress:
    drafted, placed, cancelled, refused = progress.drafted, progress.placed, progress.cancelled, progress.refused
    return Progress(
        drafted=drafted and replace(drafted, order=_invoiced(drafted.order), restore=(), restore_coupon=None),
        slot_held=progress.slot_held,
        placed=placed and _invoiced(placed),
        cancelled=cancelled and replace(cancelled, reason=""),
        delivered=progress.delivered,
        refused=refused and replace(refused, more=None),
        erased=True,
    )


def _order(progress: Progress) -> OrderPlaced | OrderRefused | None:
    return progress.drafted.order if progress.drafted else progress.placed or progress.refused


def _event(order: OrderPlaced | OrderRefused) -> OrderErased:
    return OrderErased(user_id=order.user_id, previous_order_id=order.previous_order_id)


def _invoiced(order: OrderPlaced) -> OrderPlaced:
    items = tuple(replace(item, note=None) for item in order.items)
    return replace(order, items=items, note=None, address_id=None, delivery_address=None)
