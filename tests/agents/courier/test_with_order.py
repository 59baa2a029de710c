"""An order and its delivery together, without a runtime: their deciders and policies, and a queue for each.

The runtime promises that the messages to one aggregate are decided one after the other, in the order in which one sender sent
them. Between order and delivery any order is possible; the test chooses it.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.courier import policy as courier_policy
from agents.courier.decider import DECIDER as DELIVERIES
from agents.courier.kept import Kept
from agents.order import policy as order_policy
from agents.order.decider import DECIDER as ORDERS
from agents.order.progress import ENDS, Progress
from tests.agents.courier.scene import COURIERS, DENIZ, EMRE, FACTS, OWNER
from tests.agents.order.test_decider import USER, facts, place
from tests.agents.scenario import ID, NOW
from topics.contracts import courier_commands, order_commands
from topics.contracts.courier_commands import (
    AcceptOffer,
    DeclineOffer,
    OfferDelivery,
    RecordDelivered,
    RecordDeliveryFailed,
    RecordPickup,
    WithdrawCourier,
)
from topics.contracts.order_commands import (
    AcceptOrder,
    CancelOrder,
    CompleteOrder,
    ConfirmPayment,
    DeliverOrder,
    PrepareOrder,
    ReadyOrder,
)
from topics.contracts.order_events import OrderDelivered
from topics.deciding.decision import Context, Origin
from topics.messages.event import EventMeta
from topics.messages.message import Message

Choose = Callable[[int], int]
ORDER, DELIVERY = order_commands.TOPIC.name, courier_commands.TOPIC.name


class Flow:
    """happened: to the order."""

    def __init__(self) -> None:
        self.order: Progress = ORDERS.state()
        self.delivery: Kept = DELIVERIES.state()
        self.happened: list[Message] = []
        self._queues: dict[str, deque[tuple[Message, str | None]]] = {ORDER: deque(), DELIVERY: deque()}

    def send(self, topic: str, message: Message, caller: str | None = None) -> None:
        self._queues[topic].append((message, caller))

    def run(self, choose: Choose, most: int = 1000) -> None:
        """Until nothing is under way, or so many messages are decided."""
        for _ in range(most):
            waiting = [name for name, queue in self._queues.items() if queue]
            if not waiting:
                return
            topic = waiting[choose(len(waiting))]
            message, caller = self._queues[topic].popleft()
            (self._decide_order if topic == ORDER else self._decide_delivery)(message, caller)

    def _decide_order(self, message: Any, caller: str | None) -> None:
        decision = ORDERS.decide(message, self.order, facts(owner_id=OWNER), Context("id", ID, NOW, caller))
        for event in decision.events:
            self.happened.append(event)
            self.order = ORDERS.evolve(self.order, event)
            for send in order_policy.react(event, EventMeta("id", ID, 1, NOW), self.order):
                if send.topic.name == ORDER:
                    self.send(ORDER, send.message)
            for send in courier_policy.follow(event, Origin("id", "order", NOW, aggregate_id=ID)):
                self.send(DELIVERY, send.message)

    def _decide_delivery(self, message: Any, caller: str | None) -> None:
        decision = DELIVERIES.decide(message, self.delivery, FACTS, Context("id", ID, NOW, caller, claims=COURIERS))
        for event in decision.events:
            self.delivery = DELIVERIES.evolve(self.delivery, event)
            for send in courier_policy.react(event, EventMeta("id", ID, 1, NOW), self.delivery):
                assert send.topic.name == ORDER
                self.send(ORDER, send.message)


def _one_by_one(_: int) -> int:
    return 0


def _accepted() -> Flow:
    flow = Flow()
    flow.send(ORDER, place(("kebap", 1)))
    flow.send(ORDER, ConfirmPayment())
    flow.send(ORDER, AcceptOrder(), OWNER)
    flow.run(_one_by_one)
    assert flow.order.stage == "accepted" and flow.delivery.opened
    return flow


def test_from_the_offer_to_the_door() -> None:
    flow = _accepted()
    for message, caller in (
        (OfferDelivery(courier_id=DENIZ), OWNER), (AcceptOffer(), DENIZ), (RecordPickup(), DENIZ),
    ):  # fmt: skip
        flow.send(DELIVERY, message, caller)
    flow.run(_one_by_one)
    assert (flow.order.stage, flow.order.shown.courier_id) == ("on_the_way", DENIZ)
    flow.send(DELIVERY, RecordDelivered(), DENIZ)
    flow.run(_one_by_one)
    assert flow.order.stage == "delivered"
    assert [each.by for each in flow.happened if isinstance(each, OrderDelivered)] == ["courier"]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                (DELIVERY, OfferDelivery(courier_id=DENIZ), OWNER), (DELIVERY, OfferDelivery(courier_id=EMRE), OWNER),
                (DELIVERY, WithdrawCourier(), OWNER), (DELIVERY, AcceptOffer(), DENIZ), (DELIVERY, AcceptOffer(), EMRE),
                (DELIVERY, DeclineOffer(), EMRE), (DELIVERY, RecordPickup(), DENIZ), (DELIVERY, RecordPickup(), EMRE),
                (DELIVERY, RecordDelivered(), DENIZ), (DELIVERY, RecordDelivered(), EMRE),
                (DELIVERY, RecordDeliveryFailed(reason="Kaza"), DENIZ), (DELIVERY, RecordDeliveryFailed(reason="Kaza"), EMRE),
                (ORDER, PrepareOrder(), OWNER), (ORDER, ReadyOrder(), OWNER), (ORDER, DeliverOrder(), OWNER),
                (ORDER, CancelOrder(), USER), (ORDER, CancelOrder(), OWNER),
            ]
        ),
        st.integers(0, 3),
    ),
    max_size=25,
)  # fmt: skip
"""What is sent, and how many messages are decided before the next one."""


@settings(deadline=None, max_examples=300)
@given(st.booleans(), STEPS, st.data())
def test_the_order_ends_once_and_its_delivery_with_it(
    on_the_way: bool, steps: list[tuple[tuple[str, Message, str], int]], data: Any
) -> None:
    flow = _accepted()
    if on_the_way:
        for message, caller in (
            (OfferDelivery(courier_id=DENIZ), OWNER), (AcceptOffer(), DENIZ), (RecordPickup(), DENIZ),
        ):  # fmt: skip
            flow.send(DELIVERY, message, caller)

    def choose(many: int) -> int:
        return data.draw(st.integers(0, many - 1))

    for (topic, message, caller), decided in steps:
        flow.send(topic, message, caller)
        flow.run(choose, decided)
    flow.run(choose)
    delivery = flow.delivery.delivery
    if flow.order.stage == "on_the_way":
        assert delivery is not None and (delivery.status, delivery.courier_id) == (
            "picked_up",
            flow.order.shown.courier_id,
        )
    if delivery is not None and delivery.status == "picked_up":
        assert flow.order.stage == "on_the_way"
    flow.send(ORDER, CompleteOrder())  # its timer, where nobody said anything
    flow.run(choose)
    assert flow.order.stage in ENDS
    assert len([each for each in flow.happened if isinstance(each, OrderDelivered)]) <= 1
    ended = flow.delivery.delivery
    assert ended is None or ended.status in ("delivered", "failed", "cancelled")
    assert flow.delivery.expected is not None and flow.delivery.expected.address is None
    if delivery is not None and delivery.status == "delivered" and flow.order.stage == "cancelled":
        assert any(isinstance(message, CancelOrder) for (_, message, _), _ in steps), "only who cancels makes it so"
