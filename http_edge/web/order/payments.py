"""Payments: of the customer's order, refunds by the restaurant, and what the payment provider says by callback."""

import msgspec
from msgspec.structs import asdict

from http_edge.routing.asked import Asked, parameter
from http_edge.routing.routes import CUSTOMER, PUBLIC, RESTAURANT_OWNER, command, shown, view
from topics.contracts.payment_commands import TOPIC, RecordReport, RefundCustomer, Report
from topics.documents import Done
from topics.documents.payment import Payment, RefundAsked
from topics.values.fields import Id, Reason
from topics.values.kurus import KurusPart

PAYMENT = shown("payment", "payment")


class Callback(Report, frozen=True, kw_only=True):
    """id: of what happened at the provider; the same again is the same. The rest: the payment as it is there, in kuruş."""

    id: Id


class RefundWish(msgspec.Struct, frozen=True, kw_only=True):
    """amount: absent for all that is left."""

    reason: Reason
    amount: KurusPart | None = None


def _reported(asked: Asked) -> RecordReport:
    said = asdict(asked.body)
    del said["id"]
    return RecordReport(report=Report(**said))


def _of_order(asked: Asked) -> str:
    said: Callback = asked.body
    return said.reference


ROUTES = (
    command(
        "POST", "/payments/callback", RecordReport, to=TOPIC, takes=Callback, make=_reported, key=_of_order, who=PUBLIC,
        signed=True, gives=Done, answers={409: "report_differs"},
        says="The payment provider says how a payment stands. The header Payment-Signature shows that it is the provider.",
    ),
    view(
        "/payments/{order_id}", PAYMENT, key=parameter("order_id"), owner="user_id", who=CUSTOMER, gives=Payment,
        says="The payment of one's order.",
    ),
    command(
        "POST", "/payments/{order_id}/refund", RefundCustomer, to=TOPIC, takes=RefundWish, key=parameter("order_id"),
        who=RESTAURANT_OWNER, gives=RefundAsked,
        answers={409: ("nothing_to_refund", "amount_above_capture", "too_many_refunds")},
        says="Pay a part of what was taken for an order back, or the rest of it: by the owner of the restaurant.",
    ),
)  # fmt: skip
