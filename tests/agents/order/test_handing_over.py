"""How a cooked order comes to its customer."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from agents.order.times import MOST_FAILURES, Times, completion
from tests.agents.order.test_decider import USER, given
from tests.agents.order.ways import (
    CONFIRMED,
    COURIER,
    FAILED,
    KNOWN,
    OF,
    OWNER,
    PAID,
    PICKUP,
    READY,
    TAKEN,
    accepted,
    sent,
)  # fmt: skip
from tests.agents.scenario import LATER, NOW
from topics.contracts.order_commands import (
    CompleteDelivery,
    CompleteOrder,
    DeliverOrder,
    FailDelivery,
    PickUpOrder,
    StartDelivery,
)
from topics.contracts.order_events import DeliveryFailed, OrderCancelled, OrderDelivered, OrderPickedUp

COOKS = (PAID, CONFIRMED, sent(PAID), accepted(PAID))
ON_THE_WAY = (*COOKS, READY, TAKEN)
TO_FETCH = (PICKUP, CONFIRMED, sent(PICKUP), accepted(PICKUP), replace(READY, delivery=False))
FAIL = FailDelivery(courier_id=COURIER, reason="no one opened", at=NOW)
DELIVERED = OrderDelivered(user_id=USER, restaurant_id="mahmut", delivered_at=NOW, by="courier")


@pytest.mark.parametrize("way", [COOKS, (*COOKS, READY)])
def test_a_courier_takes_it_and_brings_it(way: tuple[Any, ...]) -> None:
    outcome = given(*way).when(StartDelivery(courier_id=COURIER, at=NOW), caller=None).then(TAKEN)
    outcome.answering(status="on_the_way", courier_id=COURIER).setting(completion(NOW + Times().completion))
    given(*way, TAKEN).when(CompleteDelivery(courier_id=COURIER, at=NOW), caller=None).then(DELIVERED)


@pytest.mark.parametrize(("minutes", "kept"), [(-60, 0), (2, 2), (60, 5)])
def test_a_couriers_time_is_cut_to_between_the_last_change_and_now(minutes: int, kept: int) -> None:
    said = StartDelivery(courier_id=COURIER, at=NOW + timedelta(minutes=minutes))
    (taken,) = given(*COOKS, READY).when(said, caller=None, now=LATER).decision.events
    assert taken.at == NOW + timedelta(minutes=kept)


@pytest.mark.parametrize(
    "said",
    [
        StartDelivery(courier_id="another", at=NOW),
        CompleteDelivery(courier_id="another", at=NOW),
        replace(FAIL, courier_id="another"),
    ],
)
def test_another_courier_changes_nothing(said: Any) -> None:
    given(*ON_THE_WAY).when(said, caller=None).then_nothing().answering(courier_id=COURIER)


@pytest.mark.parametrize("said", [CompleteDelivery(courier_id=COURIER, at=NOW), FAIL])
def test_what_was_not_taken_is_neither_brought_nor_brought_back(said: Any) -> None:
    given(*COOKS, READY).when(said, caller=None).then_nothing()
    given(*TO_FETCH).when(StartDelivery(courier_id=COURIER, at=NOW), caller=None).then_nothing()


def test_what_is_brought_back_waits_for_another_courier_and_not_for_ever() -> None:
    outcome = given(*ON_THE_WAY).when(FAIL, caller=None).then(FAILED).answering(status="ready", courier_id=None)
    outcome.setting(completion(NOW + Times().returned))
    back = (*ON_THE_WAY, FAILED)
    given(*back).when(StartDelivery(courier_id="another", at=NOW), caller=None).answering(courier_id="another")
    given(*back).when(DeliverOrder(), caller=OWNER, facts=KNOWN).answering(status="delivered")
    (cancelled,) = given(*back).when(CompleteOrder(), caller=None).decision.events
    assert isinstance(cancelled, OrderCancelled) and cancelled.by == "system", "nobody pays for what came back"


def test_brought_back_too_often_it_is_cancelled() -> None:
    often = (*COOKS, READY, *(TAKEN, FAILED) * (MOST_FAILURES - 1), TAKEN)
    failed, cancelled = given(*often).when(FAIL, caller=None).decision.events
    assert isinstance(failed, DeliveryFailed) and isinstance(cancelled, OrderCancelled)


@pytest.mark.parametrize("way", [COOKS, (*COOKS, READY), ON_THE_WAY])
def test_where_nobody_says_more_the_customer_has_it(way: tuple[Any, ...]) -> None:
    outcome = given(*way).when(CompleteOrder(), caller=None).then(replace(DELIVERED, by="system"))
    assert "completion" in outcome.decision.cancels


@pytest.mark.parametrize("said", [DeliverOrder(), PickUpOrder()])
def test_who_fetches_an_order_has_picked_it_up(said: Any) -> None:
    given(*TO_FETCH).when(said, caller=OWNER, facts=KNOWN).then(OrderPickedUp(**OF, by="owner")).answering(
        status="picked_up"
    )
    given(*COOKS).when(PickUpOrder(), caller=OWNER, facts=KNOWN).then_rejected("order_for_delivery")


def test_nobody_has_what_nobody_has_accepted() -> None:
    given(PAID).when(DeliverOrder(), caller=OWNER, facts=KNOWN).then_rejected("order_paying")
    given(PAID, CONFIRMED, sent(PAID)).when(DeliverOrder(), caller=OWNER, facts=KNOWN).then_rejected("order_waiting")
