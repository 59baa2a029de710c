"""Price arithmetic. Amounts are lira as JSON numbers outside and integer kurus (1/100) inside, so sums are exact."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class Charge:
    """One line to pay. price: of one, in lira."""

    price: float
    quantity: int


@dataclass(frozen=True, slots=True)
class Totals:
    """In lira. total = subtotal - discount + delivery_fee, never below zero."""

    subtotal: float
    discount: float
    delivery_fee: float
    total: float


def to_minor(lira: float) -> int:
    """Kurus, half of one rounded up. The shortest decimal text of the number counts: 1.005 is 101, not 100."""
    return int((Decimal(str(lira)) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def to_lira(minor: int) -> float:
    return minor / 100


def rounded(lira: float) -> float:
    """The amount as it is charged and shown: two decimals."""
    return to_lira(to_minor(lira))


def line_total(price: float, quantity: int) -> float:
    return to_lira(to_minor(price) * quantity)


def totals(charges: Iterable[Charge], delivery_fee: float, discount: float = 0) -> Totals:
    """A discount is worth at most the subtotal: the delivery is always paid."""
    subtotal = sum(to_minor(charge.price) * charge.quantity for charge in charges)
    taken_off = min(to_minor(discount), subtotal)
    fee = to_minor(delivery_fee)
    return Totals(to_lira(subtotal), to_lira(taken_off), to_lira(fee), to_lira(subtotal - taken_off + fee))
