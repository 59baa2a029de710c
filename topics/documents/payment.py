"""What clients read of payments."""

from datetime import datetime

import msgspec

from topics.contracts.payment_events import PaymentCode, PaymentStatus
from topics.values.fields import PaymentMethod
from topics.values.kurus import KurusSum


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    code: PaymentCode
    detail: str


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """View `payment`, by order id. payment_url: where the customer answers the bank's challenge, while it waits for that.
    captured, refunded: sums so far."""

    order_id: str
    user_id: str
    restaurant_id: str
    method: PaymentMethod
    status: PaymentStatus
    amount: KurusSum
    captured: KurusSum
    refunded: KurusSum
    payment_url: str | None
    failure: Failure | None
    created_at: datetime
    updated_at: datetime


class RefundAsked(msgspec.Struct, frozen=True, kw_only=True):
    """amount: that will be paid back. refunding: all that is on its way, this too."""

    amount: KurusSum
    captured: KurusSum
    refunded: KurusSum
    refunding: KurusSum
