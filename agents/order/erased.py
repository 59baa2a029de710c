"""What stays of an order whose user is erased.

The restaurant has to keep what it sold, when, and for how much; the user's id stands for who bought it. Notes, the delivery
address and the reason of a cancellation are not needed for that.
"""

from msgspec.structs import replace

from agents.order.progress import Progress
from topics.contracts.order_events import OrderPlaced


def erased(progress: Progress) -> Progress:
    drafted, placed, refused = progress.drafted, progress.placed, progress.refused
    return replace(
        progress,
        drafted=drafted
        and replace(drafted, order=_invoiced(drafted.order), restore=(), restore_coupon=None, card=None),
        placed=placed and _invoiced(placed),
        cancelled=progress.cancelled and replace(progress.cancelled, reason=""),
        refused=refused and replace(refused, more=None),
        erased=True,
        course=progress.course and replace(progress.course, reason=None, payment_url=None),
    )


def _invoiced(order: OrderPlaced) -> OrderPlaced:
    items = tuple(replace(item, note=None) for item in order.items)
    return replace(
        order,
        items=items,
        note=None,
        gift_note=None,
        address_id=None,
        delivery_address=None,
        restore=(),
        restore_coupon=None,
    )
