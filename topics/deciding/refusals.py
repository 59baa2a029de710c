"""Refusals that several domains give in the same words."""

from collections.abc import Mapping
from typing import Literal, get_args

from topics.deciding.decision import Rejection

ERASED = Rejection("not_found", "this account is erased")
"""To commands that were under way while the account of their user was erased."""

OrderCode = Literal[
    "order_paying",
    "order_scheduled",
    "order_waiting",
    "order_accepted",
    "order_preparing",
    "order_ready",
    "order_on_the_way",
    "order_delivered",
    "order_picked_up",
    "order_rejected",
    "order_expired",
    "order_cancelled",
    "order_for_delivery",
    "too_many_delays",
]
"""Why an act cannot be in an order: how it stands. The error has its `status` besides."""

ORDER_CODES: tuple[OrderCode, ...] = get_args(OrderCode)

AMOUNTS_OF_MORE = ("total", "lines.was", "lines.is")
"""Where amounts stand in `more` of a rejection `price_changed`."""


def meals_gone(gone: Mapping[str, str]) -> Rejection:
    """gone: meal id → its name, of every meal that cannot be had."""
    items = [{"meal_id": meal_id, "name": name} for meal_id, name in gone.items()]
    verb = "is" if len(items) == 1 else "are"
    detail = f"{', '.join(gone.values())} {verb} not on sale any more"
    return Rejection("meal_unavailable", detail, "items", {"items": items})


def options_gone(gone: Mapping[str, tuple[str, str]]) -> Rejection:
    """gone: meal id → its name, and why it cannot be had with the options that were chosen."""
    items = [{"meal_id": meal_id, "name": name, "why": why} for meal_id, (name, why) in gone.items()]
    detail = "; ".join(f"{name}: {why}" for name, why in gone.values())
    return Rejection("option_unavailable", f"the menu has changed: {detail}", "items", {"items": items})
