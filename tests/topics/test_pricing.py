from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topics.deciding.pricing import Charge, line_total, rounded, to_lira, to_minor, totals

AMOUNTS = st.floats(0, 1_000_000)
CHARGES = st.lists(st.builds(Charge, AMOUNTS, st.integers(1, 99)), max_size=100)


@pytest.mark.parametrize(
    ("lira", "minor"),
    [(0, 0), (1, 100), (0.1, 10), (19.99, 1999), (1.005, 101), (2.675, 268), (0.004, 0), (1e6, 10**8)],
)
def test_lira_in_kurus(lira: float, minor: int) -> None:
    assert to_minor(lira) == minor


def test_a_sum_that_floats_get_wrong() -> None:
    charges = [Charge(0.1, 1)] * 3
    assert sum(charge.price for charge in charges) != 0.3
    assert totals(charges, 0).subtotal == 0.3


def test_a_discount_is_worth_at_most_the_meals() -> None:
    found = totals([Charge(10, 1)], delivery_fee=5, discount=12)
    assert (found.subtotal, found.discount, found.delivery_fee, found.total) == (10, 10, 5, 5)


@given(st.integers(0, 10**10))
def test_kurus_survive_the_way_through_json(minor: int) -> None:
    assert to_minor(to_lira(minor)) == minor


@given(AMOUNTS)
def test_rounding_is_to_the_nearest_and_happens_once(lira: float) -> None:
    assert rounded(rounded(lira)) == rounded(lira)
    assert abs(Decimal(str(lira)) * 100 - to_minor(lira)) <= Decimal("0.5")


@given(CHARGES, AMOUNTS, AMOUNTS)
def test_totals_add_up_and_are_never_negative(charges: list[Charge], fee: float, discount: float) -> None:
    found = totals(charges, fee, discount)
    subtotal = sum(to_minor(charge.price) * charge.quantity for charge in charges)
    assert to_minor(found.subtotal) == subtotal
    assert 0 <= to_minor(found.discount) <= subtotal
    assert to_minor(found.total) == subtotal - to_minor(found.discount) + to_minor(found.delivery_fee)
    assert found.total >= found.delivery_fee >= 0


@given(CHARGES)
def test_the_lines_add_up_to_the_subtotal(charges: list[Charge]) -> None:
    lines = sum(to_minor(line_total(charge.price, charge.quantity)) for charge in charges)
    assert lines == to_minor(totals(charges, 0).subtotal)


@given(CHARGES, st.randoms())
def test_the_order_of_the_lines_does_not_matter(charges: list[Charge], chance: Random) -> None:
    mixed = list(charges)
    chance.shuffle(mixed)
    assert totals(mixed, 1) == totals(charges, 1)
