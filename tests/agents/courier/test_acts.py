from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.courier.acts import DECLINED
from agents.courier.offers import TIMER
from tests.agents.courier.scene import (
    ACCEPTED,
    DELIVERED,
    DENIZ,
    EMRE,
    HOME,
    OFFERED,
    OPEN,
    OVER,
    OWNER,
    PICKED_UP,
    SOON,
    STRANGER,
    given,
    offered,
)
from tests.agents.scenario import LATER, NOW
from topics.contracts.courier_commands import (
    AcceptOffer,
    DeclineOffer,
    RecordDelivered,
    RecordDeliveryFailed,
    RecordPickup,
)
from topics.contracts.courier_events import (
    CourierWithdrawn,
    Delivered,
    DeliveryAccepted,
    DeliveryClosed,
    Failed,
    OfferDeclined,
    OfferEnded,
    PickedUp,
)
from topics.messages.message import Message

FAILED = RecordDeliveryFailed(reason="Kapıyı kimse açmadı")
ACTS = (AcceptOffer(), RecordPickup(), RecordDelivered(), FAILED)
CLOSED = (*PICKED_UP, DeliveryClosed(outcome="cancelled", at=NOW))


def test_who_is_asked_accepts_and_gets_the_address() -> None:
    accepted = DeliveryAccepted(courier_id=DENIZ, at=SOON, address=HOME)
    outcome = given(*OFFERED).when(AcceptOffer(), caller=DENIZ, now=SOON).then(accepted)
    outcome.answering(status="accepted", courier_id=DENIZ)
    assert outcome.state.delivery.address == HOME and outcome.decision.cancels == (TIMER,)


def test_from_the_door_to_the_door() -> None:
    given(*ACCEPTED).when(RecordPickup(), caller=DENIZ, now=LATER).then(PickedUp(courier_id=DENIZ, at=LATER))
    outcome = given(*PICKED_UP).when(RecordDelivered(), caller=DENIZ, now=LATER)
    outcome.then(Delivered(courier_id=DENIZ, at=LATER)).answering(status="delivered", address=None)
    assert "Moda" not in repr(outcome.state), "nobody needs the address any more"


def test_the_end_of_an_offer_is_by_our_clock() -> None:
    given(*OFFERED).when(AcceptOffer(at=SOON), caller=DENIZ, now=OVER).then_rejected("offer_over")
    ended = (*OFFERED, OfferEnded(courier_id=DENIZ))
    given(*ended).when(AcceptOffer(at=SOON), caller=DENIZ, now=OVER).then_rejected("offer_over")
    given(*ended, offered(EMRE)).when(AcceptOffer(), caller=DENIZ, now=OVER).then_rejected("offer_over")


def test_of_two_who_accept_one_has_it() -> None:
    """Deniz was asked first, and Emre after her; both answer in the same moment."""
    asked = (*OFFERED, OfferEnded(courier_id=DENIZ), offered(EMRE))
    first = given(*asked).when(AcceptOffer(), caller=DENIZ).then_rejected("offer_over")
    assert first.state.delivery.courier_id == EMRE
    second = (
        given(*asked).when(AcceptOffer(), caller=EMRE).then(DeliveryAccepted(courier_id=EMRE, at=NOW, address=HOME))
    )
    assert second.state.delivery.courier_id == EMRE
    given(*asked, *second.decision.events).when(AcceptOffer(), caller=DENIZ).then_rejected("offer_over")


def test_delivered_before_picked_up_is_refused() -> None:
    given(*ACCEPTED).when(RecordDelivered(), caller=DENIZ).then_rejected("not_picked_up")


@pytest.mark.parametrize("command", ACTS[1:], ids=lambda each: type(each).__name__)
def test_what_is_only_offered_is_accepted_first(command: Message) -> None:
    given(*OFFERED).when(command, caller=DENIZ).then_rejected("not_accepted")


@pytest.mark.parametrize("command", (*ACTS, DeclineOffer()), ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("events", [(), OPEN, OFFERED, ACCEPTED, PICKED_UP, DELIVERED, CLOSED])
def test_to_everybody_else_there_is_no_such_delivery(events: tuple[Any, ...], command: Message) -> None:
    for caller in (STRANGER, OWNER, None):
        given(*events).when(command, caller=caller).then_rejected("not_found")


@pytest.mark.parametrize(
    ("events", "command"),
    [
        (ACCEPTED, AcceptOffer()), (PICKED_UP, AcceptOffer()), (DELIVERED, AcceptOffer()),
        (PICKED_UP, RecordPickup()), (DELIVERED, RecordPickup()), (CLOSED, RecordPickup()),
        (DELIVERED, RecordDelivered()),
        ((*PICKED_UP, Failed(courier_id=DENIZ, reason="x", at=NOW, picked_up=True)), FAILED),
    ],
)  # fmt: skip
def test_an_act_that_is_said_again_changes_nothing(events: tuple[Any, ...], command: Message) -> None:
    given(*events).when(command, caller=DENIZ, now=LATER).then_nothing().answering(courier_id=DENIZ)


@pytest.mark.parametrize(
    ("events", "command"),
    [(DELIVERED, FAILED), (CLOSED, RecordDelivered()), (CLOSED, FAILED)],
)
def test_after_the_end_the_courier_is_told_how_it_ended(events: tuple[Any, ...], command: Message) -> None:
    refused = given(*events).when(command, caller=DENIZ).then_rejected("delivery_ended").decision.rejection
    assert refused and refused.more == {"delivery_status": "delivered" if events == DELIVERED else "cancelled"}


def test_who_cannot_deliver_says_why() -> None:
    for events, picked_up in ((ACCEPTED, False), (PICKED_UP, True)):
        failed = Failed(courier_id=DENIZ, reason=FAILED.reason, at=LATER, picked_up=picked_up)
        outcome = given(*events).when(FAILED, caller=DENIZ, now=LATER).then(failed)
        outcome.answering(status="failed", reason=FAILED.reason, address=None)


def test_an_offer_is_declined_and_twice_is_fine() -> None:
    declined = given(*OFFERED).when(DeclineOffer(), caller=DENIZ).then(OfferDeclined(courier_id=DENIZ))
    assert declined.decision.answer == DECLINED and declined.decision.cancels == (TIMER,)
    for event in (OfferDeclined(courier_id=DENIZ), OfferEnded(courier_id=DENIZ), CourierWithdrawn(courier_id=DENIZ)):
        assert given(*OFFERED, event).when(DeclineOffer(), caller=DENIZ).then_nothing().decision.answer == DECLINED
    given(*ACCEPTED).when(DeclineOffer(), caller=DENIZ).then_rejected("already_accepted")


def ago(**time: float) -> datetime:
    return LATER - timedelta(**time)


def test_an_act_that_is_said_late_has_its_own_time() -> None:
    """An app that had no network says both at once."""
    picked = given(*ACCEPTED).when(RecordPickup(at=ago(minutes=4)), caller=DENIZ, now=LATER)
    picked.then(PickedUp(courier_id=DENIZ, at=ago(minutes=4)))
    events = (*ACCEPTED, *picked.decision.events)
    delivered = given(*events).when(RecordDelivered(at=ago(minutes=1)), caller=DENIZ, now=LATER)
    delivered.then(Delivered(courier_id=DENIZ, at=ago(minutes=1)))


def test_a_clock_may_be_wrong_by_a_minute() -> None:
    fast = given(*ACCEPTED).when(RecordPickup(at=ago(seconds=-50)), caller=DENIZ, now=LATER)
    fast.then(PickedUp(courier_id=DENIZ, at=LATER))
    slow = given(*ACCEPTED).when(RecordPickup(at=NOW - timedelta(seconds=50)), caller=DENIZ, now=LATER)
    slow.then(PickedUp(courier_id=DENIZ, at=NOW))


def test_a_time_is_kept_in_utc() -> None:
    there = ago(minutes=1).astimezone(ZoneInfo("Europe/Istanbul"))
    picked = given(*ACCEPTED).when(RecordPickup(at=there), caller=DENIZ, now=LATER).decision.events[0]
    assert isinstance(picked, PickedUp) and picked.at.tzinfo is UTC and picked.at == there


@pytest.mark.parametrize("at", [ago(seconds=-61), ago(days=1, seconds=1), NOW - timedelta(seconds=61)])
def test_a_time_that_cannot_be_is_refused(at: datetime) -> None:
    given(*ACCEPTED).when(RecordPickup(at=at), caller=DENIZ, now=LATER).then_rejected("invalid_input", field="at")


def test_a_time_of_more_than_a_day_ago_is_refused_also_where_nothing_else_speaks_against_it() -> None:
    late = NOW + timedelta(days=3)
    given(*ACCEPTED).when(RecordPickup(at=late - timedelta(days=1, seconds=1)), caller=DENIZ, now=late).then_rejected(
        "invalid_input", field="at"
    )
    a_day_ago = late - timedelta(days=1)
    given(*ACCEPTED).when(RecordPickup(at=a_day_ago), caller=DENIZ, now=late).then(
        PickedUp(courier_id=DENIZ, at=a_day_ago)
    )
