"""Money is neither made nor lost: the entries of each event, and so of all events together, sum to zero."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topics.values import ledger
from topics.values.fields import PaymentMethod
from topics.values.ledger import Entry

AMOUNTS = st.integers(0, 10**14)
METHODS = get_args(PaymentMethod)


def total(entries: tuple[Entry, ...], *accounts: str) -> int:
    return sum(entry.amount for entry in entries if not accounts or entry.account in accounts)


@given(AMOUNTS, st.sampled_from(METHODS))
def test_a_sale_is_owed_to_the_restaurant_and_paid_by_the_customer(amount: int, method: PaymentMethod) -> None:
    entries = ledger.sale(amount, method)
    assert total(entries) == 0
    assert total(entries, "customer") == 0, "what was owed is paid"
    assert total(entries, "restaurant_payable") == -amount
    assert total(entries, "provider_clearing", "cash_at_door", "reader_at_door") == amount


@given(AMOUNTS, st.sampled_from(METHODS))
def test_a_refund_comes_from_where_the_money_went_and_is_owed_by_the_restaurant(
    amount: int, method: PaymentMethod
) -> None:
    entries, sold = ledger.refund(amount, method), ledger.sale(amount, method)
    assert total(entries) == total(entries, "customer") == 0
    for account in ("provider_clearing", "cash_at_door", "reader_at_door"):
        assert total(entries, account) == -total(sold, account)
    assert total(entries, "refunds") == amount


@pytest.mark.parametrize("method", METHODS)
def test_a_sale_that_is_paid_back_leaves_nothing_owed(method: PaymentMethod) -> None:
    entries = (*ledger.sale(100, method), *ledger.refund(60, method), *ledger.refund(40, method))
    assert total(entries) == 0
    assert total(entries, "restaurant_payable", "refunds") == 0
