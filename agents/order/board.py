"""Where a restaurant finds its orders: lists by what has to be done with them."""

from collections.abc import Mapping, Sequence

from topics import keys
from topics.documents.order import Order


def indexes(order: Order) -> Mapping[str, float]:
    """By when they were placed; those for later, before they come to the kitchen, by when they are wanted: the soonest has the
    highest score, since lists of orders begin with that."""
    if not order.at_restaurant:
        return {}
    if order.waits and order.due_at is not None:
        return {keys.board(order.restaurant_id, keys.BOARD_SCHEDULED): -order.due_at.timestamp()}
    lists = (keys.BOARD_ALL, order.status, *((keys.BOARD_RUNNING,) if order.runs else ()))
    return {keys.board(order.restaurant_id, name): order.created_at.timestamp() for name in lists}


def latest(order: Order) -> Sequence[str]:
    return (keys.board(order.restaurant_id, keys.BOARD_LATEST),) if order.at_restaurant else ()
