from typing import Any

import pytest

from agents.courier.decider import DECIDER
from agents.courier.facts import Facts, Sender
from agents.courier.limits import OFFERS
from agents.courier.offers import TIMER
from tests.agents.courier.scene import (
    ACCEPTED,
    COURIERS,
    DENIZ,
    EMRE,
    EXPECTED,
    FACTS,
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
from tests.agents.scenario import LATER, NOW, Outcome, evolved
from topics import keys
from topics.contracts.courier_commands import EndOffer, OfferDelivery, RegisterCourier, WithdrawCourier
from topics.contracts.courier_events import (
    CourierWithdrawn,
    Delivered,
    DeliveryClosed,
    DeliveryOpened,
    Failed,
    OfferDeclined,
    OfferEnded,
)
from topics.deciding.decision import Timer

FREE = {
    "declined": OfferDeclined(courier_id=DENIZ),
    "not answered": OfferEnded(courier_id=DENIZ),
    "withdrawn": CourierWithdrawn(courier_id=DENIZ),
}


def offer(to: str, *events: Any, caller: str = OWNER, **more: Any) -> Outcome:
    return given(*events).when(OfferDelivery(courier_id=to), facts=FACTS, caller=caller, claims=COURIERS, **more)


def test_the_owner_asks_a_courier_who_has_a_minute() -> None:
    outcome = offer(DENIZ, *OPEN).then(offered()).setting(Timer(TIMER, OVER, EndOffer()))
    outcome.answering(
        status="offered", courier_id=DENIZ, address=None, city="İstanbul", offer_ends_at="2026-03-01T18:31:00Z"
    )
    assert outcome.decision.takes == (), "the courier's id stays the courier's"


def test_who_is_no_courier_is_not_asked() -> None:
    offer(STRANGER, *OPEN).then_rejected("no_courier", field="courier_id")
    elsewhere = {("courier", DENIZ): "another aggregate"}
    refused = given(*OPEN).when(OfferDelivery(courier_id=DENIZ), facts=FACTS, caller=OWNER, claims=elsewhere)
    refused.then_rejected("no_courier")


def test_an_offer_asks_for_the_very_id_that_a_courier_owns() -> None:
    registered = list(DECIDER.claims(RegisterCourier(), keys.courier(DENIZ), DENIZ))
    assert list(DECIDER.claims(OfferDelivery(courier_id=DENIZ), "order-1", OWNER)) == registered == [("courier", DENIZ)]


@pytest.mark.parametrize("events", [OPEN, OFFERED, ACCEPTED, (EXPECTED,), ()])
def test_to_all_but_the_owner_there_is_no_such_order(events: tuple[Any, ...]) -> None:
    for caller in (STRANGER, DENIZ, None):
        offer(EMRE, *events, caller=caller).then_rejected("not_found")  # type: ignore[arg-type]
        given(*events).when(WithdrawCourier(), facts=FACTS, caller=caller).then_rejected("not_found")
    elsewhere = Facts(restaurants={"mahmut": Sender(owner_id=STRANGER)})
    given(*events).when(OfferDelivery(courier_id=EMRE), facts=elsewhere, caller=OWNER).then_rejected("not_found")
    given(*events).when(OfferDelivery(courier_id=EMRE), facts=Facts(), caller=OWNER).then_rejected("not_found")


def test_the_order_is_accepted_before_a_courier_is_asked() -> None:
    offer(DENIZ, EXPECTED).then_rejected("order_not_accepted")


def test_one_courier_is_asked_at_a_time_and_the_same_again_is_fine() -> None:
    refused = offer(EMRE, *OFFERED, now=SOON).then_rejected("offer_open")
    assert refused.decision.rejection and refused.decision.rejection.more == {"offer_ends_at": OVER.isoformat()}
    offer(DENIZ, *OFFERED, now=SOON).then_nothing().answering(offer_ends_at="2026-03-01T18:31:00Z").setting()


@pytest.mark.parametrize("how", FREE)
def test_then_the_next_one_is_asked(how: str) -> None:
    offer(EMRE, *OFFERED, FREE[how]).then(offered(EMRE))
    offer(DENIZ, *OFFERED, FREE[how]).then(offered(DENIZ))


def test_who_has_accepted_has_the_order() -> None:
    for events in (ACCEPTED, PICKED_UP):
        offer(EMRE, *events).then_rejected("courier_taken")
        offer(DENIZ, *events).then_nothing().answering(courier_id=DENIZ)


def test_after_a_failure_another_one_is_asked() -> None:
    failed = Failed(courier_id=DENIZ, reason="Lastik patladı", at=NOW, picked_up=False)
    offer(EMRE, *ACCEPTED, failed).then(offered(EMRE)).answering(reason=None, picked_up_at=None, accepted_at=None)


@pytest.mark.parametrize(
    "end",
    [Delivered(courier_id=DENIZ, at=NOW), DeliveryClosed(outcome="cancelled", at=NOW)],
    ids=["delivered", "closed"],
)
def test_after_its_end_nobody_is_asked(end: Any) -> None:
    offer(EMRE, *PICKED_UP, end).then_rejected("delivery_ended")
    given(*PICKED_UP, end).when(WithdrawCourier(), facts=FACTS, caller=OWNER).then_rejected("delivery_ended")


def test_an_order_is_offered_so_often_and_no_more() -> None:
    tries = [each for _ in range(OFFERS) for each in (offered(), OfferEnded(courier_id=DENIZ))]
    offer(EMRE, *OPEN, *tries[:-2]).then(offered(EMRE))
    offer(EMRE, *OPEN, *tries).then_rejected("too_many_offers")


def test_an_offer_that_nobody_answers_ends() -> None:
    given(*OFFERED).when(EndOffer(), caller=None, now=OVER).then(OfferEnded(courier_id=DENIZ))
    for events in (ACCEPTED, OPEN, (*OFFERED, OfferDeclined(courier_id=DENIZ))):
        given(*events).when(EndOffer(), caller=None, now=OVER).then_nothing()


def test_the_owner_takes_it_back_until_it_is_picked_up() -> None:
    for events in (OFFERED, ACCEPTED):
        outcome = given(*events).when(WithdrawCourier(), facts=FACTS, caller=OWNER, now=LATER)
        outcome.then(CourierWithdrawn(courier_id=DENIZ)).answering(status="open", courier_id=None, address=None)
        assert outcome.decision.cancels == (TIMER,)
    given(*PICKED_UP).when(WithdrawCourier(), facts=FACTS, caller=OWNER).then_rejected("picked_up")
    again = given(*ACCEPTED, CourierWithdrawn(courier_id=DENIZ)).when(WithdrawCourier(), facts=FACTS, caller=OWNER)
    again.then_nothing().answering(status="open")


def test_what_is_offered_again_is_another_offer() -> None:
    state = evolved(DECIDER, DECIDER.state(), (*OFFERED, OfferEnded(courier_id=DENIZ), offered(EMRE)))
    assert (state.delivery.courier_id, state.offers, state.let_go) == (EMRE, 2, DENIZ)


def test_opened_without_an_order_means_nothing() -> None:
    offer(DENIZ, DeliveryOpened()).then_rejected("not_found")
