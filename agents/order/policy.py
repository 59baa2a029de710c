"""What was refused goes back into the user's basket."""

from collections.abc import Iterable

from agents.order.decider import Progress
from topics import basket_commands
from topics.basket_commands import RestoreItems
from topics.decision import EventMeta, Send
from topics.order_events import Event, OrderRefused


def react(event: Event, meta: EventMeta, progress: Progress) -> Iterable[Send]:
    if isinstance(event, OrderRefused) and event.restore:
        restore = RestoreItems(order_id=meta.aggregate_id, lines=event.restore)
        yield Send(basket_commands.TOPIC, event.user_id, restore)
