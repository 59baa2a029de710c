from typing import Any

import pytest

from agents.courier.offers import TIMER
from agents.courier.projection import DELIVERY, indexes
from tests.agents.courier.scene import (
    ACCEPTED,
    DELIVERED,
    DENIZ,
    EXPECT,
    EXPECTED,
    HOME,
    OFFERED,
    OPEN,
    PICKED_UP,
    given,
)
from tests.agents.scenario import LATER, NOW, shown
from topics.contracts.courier_commands import (
    AcceptOffer,
    CloseDelivery,
    EraseDelivery,
    ExpectDelivery,
    OpenDelivery,
    RecordDelivered,
)
from topics.contracts.courier_events import (
    DeliveryClosed,
    DeliveryErased,
    DeliveryOpened,
    Failed,
    OfferDeclined,
)


def test_an_order_is_expected_when_it_is_placed_and_opened_when_it_is_accepted() -> None:
    given().when(EXPECT, caller=None).then(EXPECTED)
    given(EXPECTED).when(EXPECT, caller=None).then_nothing()
    given(EXPECTED).when(OpenDelivery(), caller=None).then(DeliveryOpened())
    given(*OPEN).when(OpenDelivery(), caller=None).then_nothing()


def test_an_order_that_the_customer_fetches_needs_no_courier() -> None:
    """It was not expected."""
    for command in (OpenDelivery(), CloseDelivery(outcome="delivered"), EraseDelivery()):
        given().when(command, caller=None).then_nothing()


@pytest.mark.parametrize("events", [(EXPECTED,), OPEN, OFFERED, ACCEPTED, PICKED_UP])
def test_when_the_order_ends_its_delivery_is_closed(events: tuple[Any, ...]) -> None:
    closed = DeliveryClosed(outcome="cancelled", at=LATER)
    outcome = given(*events).when(CloseDelivery(outcome="cancelled"), caller=None, now=LATER).then(closed)
    assert outcome.decision.cancels == (TIMER,) and "Moda" not in repr(outcome.state)
    given(*events, closed).when(CloseDelivery(outcome="delivered"), caller=None).then_nothing()
    given(*events, closed).when(OpenDelivery(), caller=None).then_nothing()


def test_its_courier_keeps_it_as_it_ended_and_who_was_only_asked_does_not() -> None:
    closed = DeliveryClosed(outcome="cancelled", at=LATER)
    had = shown(DELIVERY, *PICKED_UP, closed)
    assert (had.status, had.courier_id, had.ended_at) == ("cancelled", DENIZ, LATER)
    assert shown(DELIVERY, *OFFERED, closed).courier_id is None
    given(*OFFERED, closed).when(AcceptOffer(), caller=DENIZ).then_rejected("offer_over")


def test_what_the_owner_says_is_delivered_is_delivered_to_its_courier_too() -> None:
    closed = DeliveryClosed(outcome="delivered", at=LATER)
    given(*PICKED_UP).when(CloseDelivery(outcome="delivered"), caller=None, now=LATER).then(closed)
    given(*PICKED_UP, closed).when(RecordDelivered(), caller=DENIZ).then_nothing().answering(status="delivered")


def test_what_the_courier_said_of_the_end_stays() -> None:
    given(*DELIVERED).when(CloseDelivery(outcome="delivered"), caller=None).then_nothing()
    failed = (*PICKED_UP, Failed(courier_id=DENIZ, reason="Kaza", at=NOW, picked_up=True))
    after = shown(DELIVERY, *failed, DeliveryClosed(outcome="cancelled", at=LATER))
    assert (after.status, after.reason, after.ended_at) == ("failed", "Kaza", NOW)


@pytest.mark.parametrize("events", [(EXPECTED,), OPEN, OFFERED, ACCEPTED, PICKED_UP])
def test_an_erased_customer_leaves_no_address(events: tuple[Any, ...]) -> None:
    outcome = given(*events).when(EraseDelivery(), caller=None).then(DeliveryErased())
    assert "Moda" not in repr(outcome.state)
    assert "Moda" not in repr(shown(DELIVERY, *events, DeliveryErased()))
    given(*events, DeliveryErased()).when(EraseDelivery(), caller=None).then_nothing()


def test_after_an_end_there_is_nothing_left_to_erase() -> None:
    given(*DELIVERED).when(EraseDelivery(), caller=None).then_nothing()


def test_an_order_without_an_address_can_be_delivered() -> None:
    bare = ExpectDelivery(restaurant_id="mahmut", restaurant_name="Mahmut Usta", address=None)
    outcome = given().when(bare, caller=None)
    given(*outcome.decision.events).when(EraseDelivery(), caller=None).then_nothing()


@pytest.mark.parametrize(
    ("events", "phase"),
    [
        (OPEN, None), (OFFERED, "offered"), (ACCEPTED, "running"), (PICKED_UP, "running"), (DELIVERED, "ended"),
        ((*OFFERED, OfferDeclined(courier_id=DENIZ)), None),
        ((*OFFERED, DeliveryClosed(outcome="cancelled", at=NOW)), None),
    ],
)  # fmt: skip
def test_a_courier_finds_it_in_the_phase_that_it_is_in(events: tuple[Any, ...], phase: str | None) -> None:
    document = shown(DELIVERY, *events)
    found = {} if document is None else indexes(document)
    assert list(found) == ([] if phase is None else [f"deliveries:{DENIZ}:{phase}"])


def test_only_a_courier_who_runs_it_has_the_address() -> None:
    for events, address in ((OFFERED, None), (ACCEPTED, HOME), (PICKED_UP, HOME), (DELIVERED, None)):
        assert shown(DELIVERY, *events).address == address
