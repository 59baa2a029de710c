"""Whatever owner, couriers, order and time do in whatever order: one courier has the order, its acts come in their order, and
nobody keeps an address that they do not need."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.courier.decider import DECIDER
from agents.courier.kept import Kept
from agents.courier.limits import OFFER_SECONDS
from agents.courier.offers import TIMER
from agents.courier.projection import DELIVERY, indexes
from tests.agents.courier.scene import COURIERS, DENIZ, EMRE, EXPECT, FACTS, OWNER, STRANGER
from tests.agents.scenario import ID, NOW, stored
from topics.contracts.courier_commands import (
    AcceptOffer,
    CloseDelivery,
    DeclineOffer,
    EndOffer,
    EraseDelivery,
    OfferDelivery,
    OpenDelivery,
    RecordDelivered,
    RecordDeliveryFailed,
    RecordPickup,
    WithdrawCourier,
)
from topics.contracts.courier_events import (
    CourierWithdrawn,
    Delivered,
    DeliveryAccepted,
    DeliveryClosed,
    DeliveryOffered,
    Event,
    Failed,
    PickedUp,
)
from topics.deciding.decision import Context
from topics.messages.event import EventMeta
from topics.messages.message import Message

HOLDER = "holder"
"""Whoever is asked or has it at that moment."""


class Step(NamedTuple):
    """later: seconds after the step before. caller None: a command of ours."""

    command: Message
    caller: str | None
    later: float


def _said(kind: Callable[..., Message], **more: Any) -> st.SearchStrategy[Message]:
    """An act with a time of its own: seconds from NOW, as if an app said it at any time."""
    times = st.sampled_from([None, None, None, None, None, None, -200, -30, 0, 30, 90, 700])
    return times.map(lambda said: kind(at=None if said is None else NOW + timedelta(seconds=said), **more))


CALLERS = st.sampled_from([HOLDER, HOLDER, HOLDER, HOLDER, DENIZ, EMRE, STRANGER])
LATER = st.sampled_from([0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 5.0, 20.0, OFFER_SECONDS, 600.0])
OURS = [
    EXPECT, OpenDelivery(), EndOffer(),
    CloseDelivery(outcome="cancelled"), CloseDelivery(outcome="delivered"), EraseDelivery(),
]  # fmt: skip


def _by(commands: st.SearchStrategy[Message], callers: st.SearchStrategy[str | None]) -> st.SearchStrategy[Step]:
    return st.builds(Step, commands, callers, LATER)


STEPS = st.lists(
    st.one_of(
        _by(st.sampled_from([OfferDelivery(courier_id=DENIZ), OfferDelivery(courier_id=EMRE)]), st.just(OWNER)),
        _by(
            st.sampled_from([OfferDelivery(courier_id=STRANGER), WithdrawCourier()]), st.sampled_from([OWNER, STRANGER])
        ),
        _by(_said(AcceptOffer), CALLERS),
        _by(_said(AcceptOffer), st.just(HOLDER)),
        _by(_said(RecordPickup), CALLERS),
        _by(_said(RecordPickup), st.just(HOLDER)),
        _by(_said(RecordDelivered), CALLERS),
        _by(_said(RecordDelivered), st.just(HOLDER)),
        _by(st.one_of(_said(RecordDeliveryFailed, reason="Kaza"), st.just(DeclineOffer())), CALLERS),
        _by(st.sampled_from(OURS), st.none()),
    ),
    min_size=10,
    max_size=40,
)
BEGINNING = [
    Step(EXPECT, None, 0.0),
    Step(OpenDelivery(), None, 0.0),
    Step(OfferDelivery(courier_id=DENIZ), OWNER, 1.0),
    Step(AcceptOffer(), HOLDER, 5.0),
    Step(RecordPickup(), HOLDER, 600.0),
]
STORIES = st.tuples(st.integers(0, len(BEGINNING)), STEPS).map(lambda drawn: (*BEGINNING[: drawn[0]], *drawn[1]))
"""From every state on."""


class Story:
    """One delivery, and all that happened to it."""

    def __init__(self) -> None:
        self.kept: Kept = DECIDER.state()
        self.events: list[Event] = []
        self.document: Any = None
        self.now = NOW

    def take(self, step: Step) -> None:
        self.now += timedelta(seconds=step.later)
        before = self.kept
        if step.caller == HOLDER:
            held = self.kept.delivery and self.kept.delivery.courier_id
            step = step._replace(caller=held or DENIZ)
        events = self._decided(step)
        if events:
            again = self._decided(step)
            assert not any(_is_same(each, events) for each in again), f"{step.command} has a second effect"
        if step.caller == STRANGER:
            assert not events and before == self.kept

    def _decided(self, step: Step) -> tuple[Event, ...]:
        wanted = dict.fromkeys(DECIDER.claims(step.command, ID, step.caller), ID) | COURIERS
        decision = DECIDER.decide(
            step.command, self.kept, FACTS, Context("id", ID, self.now, step.caller, claims=wanted)
        )
        for event in decision.events:
            self._happens(event)
        assert (decision.rejection is None) or not decision.events
        assert {timer.name for timer in decision.timers} <= {TIMER}
        return decision.events

    def _happens(self, event: Event) -> None:
        self.events.append(event)
        self.kept = stored(DECIDER.evolve(self.kept, event))
        meta = EventMeta("id", ID, len(self.events), self.now)
        self.document = DELIVERY.show(self.document, event, meta).document


def _is_same(event: Event, before: tuple[Event, ...]) -> bool:
    """An offer may be made again once it was withdrawn; an act of a courier happens once."""
    return isinstance(event, DeliveryAccepted | PickedUp | Delivered | Failed | DeliveryClosed) and event in before


def _check(story: Story) -> None:
    assert story.document == story.kept.delivery, "the view shows the state"
    has: str | None = None
    at: datetime = NOW
    picked_up = over = False
    for event in story.events:
        if isinstance(event, DeliveryOffered):
            assert has is None and not over, "nobody is asked for what somebody has"
            at = event.offered_at
        if isinstance(event, DeliveryAccepted):
            assert has is None and not over
            has, picked_up = event.courier_id, False
        if isinstance(event, PickedUp | Delivered | Failed):
            assert event.courier_id == has, "only who has it acts"
        if isinstance(event, Delivered):
            assert picked_up, "delivered before picked up"
            over = True
        if isinstance(event, DeliveryAccepted | PickedUp | Delivered | Failed):
            assert event.at >= at, "acts are in the order of their times"
            at = event.at
        if isinstance(event, PickedUp):
            picked_up = True
        if isinstance(event, CourierWithdrawn):
            assert not (has and picked_up)
        if isinstance(event, Failed | CourierWithdrawn):
            has = None
        if isinstance(event, DeliveryClosed):
            over = True
    delivery = story.kept.delivery
    if over:
        assert "Moda" not in repr(story.kept), "an ended delivery has no address"
    if delivery is not None:
        assert (delivery.address is None) or delivery.status in ("accepted", "picked_up")
        assert (delivery.courier_id is None) or len(indexes(delivery)) == 1


@settings(deadline=None, max_examples=300)
@given(STORIES)
def test_one_courier_has_the_order_and_acts_come_in_their_order(steps: tuple[Step, ...]) -> None:
    story = Story()
    for step in steps:
        story.take(step)
    _check(story)


@settings(deadline=None, max_examples=200)
@given(STORIES)
def test_from_every_state_a_delivery_can_be_brought_to_its_end(steps: tuple[Step, ...]) -> None:
    """By the order, whatever couriers do or leave undone."""
    story = Story()
    for step in (*steps, Step(CloseDelivery(outcome="cancelled"), None, 0.0)):
        story.take(step)
    _check(story)
    delivery = story.kept.delivery
    assert delivery is None or delivery.status in ("delivered", "failed", "cancelled")
    story.take(Step(OfferDelivery(courier_id=EMRE), OWNER, 0.0))
    assert story.kept.delivery == delivery, "nobody is asked any more"
