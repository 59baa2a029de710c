"""Refusals that several domains give in the same words."""

from collections.abc import Mapping, Sequence
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
"""Why an act cannot be in an order: how it stands. The error has its `order_status` besides."""

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


def at_once(refusals: Sequence[Rejection]) -> Rejection:
    """The first one; where there are several, with all of them as its `differences`: code, detail, field, and what each has
    more. refusals: not empty."""
    first = refusals[0]
    if len(refusals) == 1:
        return first
    every = [{"code": each.code, "detail": each.detail, "field": each.field, **(each.more or {})} for each in refusals]
    detail = "; ".join(dict.fromkeys(each.detail for each in refusals))
    return Rejection(first.code, detail, first.field, {**(first.more or {}), "differences": every})
