"""Price arithmetic, in whole kuruş (topics/values/kurus.py), so sums are exact."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Charge:
    """One line to pay. price: of one."""

    price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Totals:
    """total = subtotal - discount + delivery_fee, never below zero."""

    subtotal: int
    discount: int
    delivery_fee: int
    total: int


def totals(charges: Iterable[Charge], delivery_fee: int, discount: int = 0) -> Totals:
    """A discount is worth at most the subtotal: the delivery is always paid."""
    subtotal = sum(charge.price * charge.quantity for charge in charges)
    taken_off = min(discount, subtotal)
    return Totals(subtotal, taken_off, delivery_fee, subtotal - taken_off + delivery_fee)
