"""What customers read where a payment failed."""

from collections.abc import Mapping
from types import MappingProxyType

from topics.contracts.payment_events import PaymentCode

DETAILS: Mapping[PaymentCode, str] = MappingProxyType(
    {
        "card_declined": "your bank declined the card",
        "insufficient_funds": "there is not enough money on the card",
        "authentication_failed": "your bank could not make sure that it is you",
        "card_unknown": "the payment provider does not know this card, or has none of yours",
        "payment_timed_out": "the payment was not confirmed in time, nothing was charged",
        "capture_refused": "your bank did not pay what it had promised",
        "refund_refused": "your bank did not take the money back, we look after it",
    }
)
