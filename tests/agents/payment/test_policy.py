"""What a payment tells its order, and what it hears from it."""

from typing import Any

import pytest

from agents.payment import policy
from agents.payment.words import DETAILS
from tests.agents.payment.test_payment import (
    AT_DOOR,
    CAPTURED,
    CAPTURING,
    CHALLENGED,
    DECLINED,
    HELD,
    REQUESTED,
    SUM,
    VOIDING,
    given,
    refunded,
)
from tests.agents.scenario import ID, NOW
from topics.contracts import order_commands, payment_commands
from topics.contracts.order_commands import ChallengePayment, ConfirmPayment, RecordSettlement, RefusePayment
from topics.contracts.order_events import OrderErased, PaymentRefused
from topics.contracts.payment_commands import ErasePayment
from topics.contracts.payment_events import AuthorizationGivenUp, AuthorizationPending, HoldReleased
from topics.deciding.decision import Origin, Send
from topics.messages.event import EventMeta

RELEASED = HoldReleased(amount=SUM, at=NOW, sequence=2)
ORIGIN = Origin("event-1", "order", NOW, aggregate_id=ID, key="somebody-else")


def told(*events: Any) -> list[Send]:
    """What the order is told of the last event."""
    return list(policy.react(events[-1], EventMeta("e", ID, len(events), NOW), given(*events).state))


@pytest.mark.parametrize(
    ("events", "command"),
    [
        (HELD, ConfirmPayment()),
        ((AT_DOOR,), ConfirmPayment()),
        ((REQUESTED, CHALLENGED), ChallengePayment(url=CHALLENGED.url)),
        ((REQUESTED, DECLINED), RefusePayment(code=DECLINED.code, detail=DETAILS[DECLINED.code])),
        (
            (REQUESTED, AuthorizationGivenUp(at=NOW)),
            RefusePayment(code="payment_timed_out", detail=DETAILS["payment_timed_out"]),
        ),
        ((*HELD, CAPTURING, CAPTURED), RecordSettlement(kind="captured", amount=SUM)),
        ((*HELD, CAPTURING, CAPTURED, refunded(100)), RecordSettlement(kind="refunded", amount=100)),
        ((*HELD, VOIDING, RELEASED), RecordSettlement(kind="voided", amount=SUM)),
    ],
)
def test_the_order_is_told_the_outcome(events: tuple[Any, ...], command: Any) -> None:
    assert told(*events) == [Send(order_commands.TOPIC, ID, command)]


@pytest.mark.parametrize(
    "events",
    [
        (REQUESTED,),
        (REQUESTED, AuthorizationPending(sequence=1)),
        (*HELD, CAPTURING),
        (*HELD, VOIDING),
        (REQUESTED, AuthorizationGivenUp(at=NOW), VOIDING, RELEASED),
    ],
)
def test_it_is_told_nothing_while_the_outcome_is_not_known_or_was_told_before(events: tuple[Any, ...]) -> None:
    assert told(*events) == []


def test_the_payment_of_an_order_whose_user_is_erased_is_erased_too() -> None:
    erased = policy.erase(OrderErased(user_id="user-1", previous_order_id=None), ORIGIN)
    assert list(erased) == [Send(payment_commands.TOPIC, ID, ErasePayment())]


def test_other_events_of_the_order_do_not_concern_the_payment() -> None:
    refused = PaymentRefused(user_id="user-1", restaurant_id="kebap", at=NOW, code="card_declined", detail="no")
    assert list(policy.erase(refused, ORIGIN)) == []
