"""Double entries: where money comes from and where it goes, in whole kuruş. The entries of an event sum to zero.

Accounts, and what a positive balance of each means:

- `customer`: what customers owe. Zero for an order once it is paid.
- `provider_clearing`: what the payment provider has taken and owes us.
- `cash_at_door`, `reader_at_door`: what couriers have in cash, and what card readers at the door have taken; less what was
  given back there.
- `restaurant_payable`: negative, what restaurants are owed for what was sold.
- `refunds`: positive, what was paid back, which restaurants are owed less.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from topics.values.fields import PaymentMethod

Account = Literal[
    "customer", "provider_clearing", "cash_at_door", "reader_at_door", "restaurant_payable", "refunds"
]  # fmt: skip

Signed = Annotated[int, Meta(ge=-(10**14), le=10**14)]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """amount: kuruş, positive where the account receives, negative where it gives."""

    account: Account
    amount: Signed


_TAKES: dict[PaymentMethod, Account] = {
    "credit_card": "provider_clearing", "cash": "cash_at_door", "pos": "reader_at_door",
}  # fmt: skip


def sale(amount: int, method: PaymentMethod) -> tuple[Entry, ...]:
    """The restaurant has sold for `amount`, and the customer has paid it."""
    return (
        *moved(amount, giver="restaurant_payable", receiver="customer"),
        *moved(amount, giver="customer", receiver=_TAKES[method]),
    )


def refund(amount: int, method: PaymentMethod) -> tuple[Entry, ...]:
    """The customer gets `amount` back from where it went, and the restaurant is owed less."""
    return (
        *moved(amount, giver="customer", receiver="refunds"),
        *moved(amount, giver=_TAKES[method], receiver="customer"),
    )


def moved(amount: int, *, giver: Account, receiver: Account) -> tuple[Entry, Entry]:
    return Entry(account=giver, amount=-amount), Entry(account=receiver, amount=amount)
