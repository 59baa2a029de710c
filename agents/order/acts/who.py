"""Who may act for a restaurant: its owner, who is the caller, or its kitchen system, whose commands have no caller."""

from agents.order.facts import Facts
from topics.contracts.order_commands import ByRestaurant
from topics.contracts.order_events import OrderPlaced
from topics.deciding.decision import Context
from topics.values.fields import Actor


def owns(placed: OrderPlaced, facts: Facts, context: Context) -> bool:
    restaurant = facts.restaurants.get(placed.restaurant_id)
    return restaurant is not None and context.caller is not None and restaurant.owner_id == context.caller


def of_restaurant(command: ByRestaurant, placed: OrderPlaced, facts: Facts, context: Context) -> Actor | None:
    """None: whoever sends this has nothing to do with the order."""
    if context.caller is None:
        return "kitchen" if command.restaurant_id == placed.restaurant_id else None
    return "owner" if owns(placed, facts, context) else None
