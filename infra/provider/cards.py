"""The test cards: what the sandbox provider and its banks do with each. docs/payment.md shows them to people."""

from collections.abc import Mapping
from dataclasses import dataclass

ALWAYS = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """status, code: what the payment is at once. then: what it becomes by itself a little later, each told by a callback.

    silent: the first request gets no answer, though it is done. bank_away: so many requests are answered that the bank does not
    answer. copies: how often a callback is sent. backwards: callbacks are sent in the opposite order.
    refuses: what the bank refuses later.
    """

    status: str = "authorized"
    code: str = ""
    then: tuple[str, ...] = ()
    silent: bool = False
    bank_away: int = 0
    copies: int = 1
    backwards: bool = False
    refuses: str = ""


CARDS: Mapping[str, Card] = {
    "tok_success": Card(),
    "tok_decline": Card(status="declined", code="card_declined"),
    "tok_insufficient_funds": Card(status="declined", code="insufficient_funds"),
    "tok_timeout": Card(silent=True),
    "tok_3ds": Card(status="challenged"),
    "tok_late": Card(status="pending", then=("authorized",)),
    "tok_late_decline": Card(status="pending", code="card_declined", then=("declined",)),
    "tok_twice": Card(status="pending", then=("authorized",), copies=2),
    "tok_out_of_order": Card(status="pending", then=("challenged", "authorized"), backwards=True),
    "tok_bank_busy": Card(bank_away=1),
    "tok_bank_away": Card(bank_away=ALWAYS),
    "tok_capture_refused": Card(refuses="capture"),
    "tok_refund_refused": Card(refuses="refund"),
}
ON_FILE = "tok_success"
"""The card of a customer of whom nothing else was said."""
