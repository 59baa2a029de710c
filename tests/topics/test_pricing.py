from random import Random

from hypothesis import given
from hypothesis import strategies as st

from topics.deciding.pricing import Charge, totals

AMOUNTS = st.integers(0, 100_000_000)
CHARGES = st.lists(st.builds(Charge, AMOUNTS, st.integers(1, 99)), max_size=100)


def test_a_sum_that_floats_get_wrong() -> None:
    assert 0.1 * 3 != 0.3
    assert totals([Charge(10, 1)] * 3, 0).subtotal == 30


def test_a_discount_is_worth_at_most_the_meals() -> None:
    found = totals([Charge(1_000, 1)], delivery_fee=500, discount=1_200)
    assert (found.subtotal, found.discount, found.delivery_fee, found.total) == (1_000, 1_000, 500, 500)


@given(CHARGES, AMOUNTS, AMOUNTS)
def test_totals_add_up_and_are_never_negative(charges: list[Charge], fee: int, discount: int) -> None:
    found = totals(charges, fee, discount)
    assert found.subtotal == sum(charge.price * charge.quantity for charge in charges)
    assert 0 <= found.discount <= found.subtotal
    assert found.total == found.subtotal - found.discount + found.delivery_fee >= fee


@given(CHARGES, st.randoms())
def test_the_order_of_the_lines_does_not_matter(charges: list[Charge], chance: Random) -> None:
    mixed = list(charges)
    chance.shuffle(mixed)
    assert totals(mixed, 1) == totals(charges, 1)
