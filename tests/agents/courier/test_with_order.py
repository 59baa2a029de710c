"""An order and its delivery together."""

from collections.abc import Iterator
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
from tests.agents.scenario import ID
from tests.agents.together import Domain, Together
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
from topics.deciding.decision import Send
from topics.messages.event import EventMeta
from topics.messages.message import Message
from topics.messages.topic import Topic

ORDER, DELIVERY = order_commands.TOPIC, courier_commands.TOPIC


def _told(event: Any, meta: EventMeta, kept: Any) -> Iterator[Send]:
    for send in courier_policy.react(event, meta, kept):
        assert send.topic is ORDER
        yield send


class Flow(Together):
    """One order."""

    def __init__(self) -> None:
        orders = Domain(ORDERS, order_policy.react, facts(owner_id=OWNER), followers=(courier_policy.follow,))
        deliveries = Domain(DELIVERIES, _told, FACTS, COURIERS)
        super().__init__({ORDER.name: orders, DELIVERY.name: deliveries})

    @property
    def order(self) -> Progress:
        return self.states[ORDER.name, ID]

    @property
    def delivery(self) -> Kept:
        return self.states[DELIVERY.name, ID]


def _one_by_one(_: int) -> int:
    return 0


def _accepted() -> Flow:
    flow = Flow()
    flow.send(ORDER, ID, place(("kebap", 1)))
    flow.send(ORDER, ID, ConfirmPayment())
    flow.send(ORDER, ID, AcceptOrder(), OWNER)
    flow.run(_one_by_one)
    assert flow.order.stage == "accepted" and flow.delivery.opened
    return flow


def _taken(flow: Flow) -> None:
    for message, caller in (
        (OfferDelivery(courier_id=DENIZ), OWNER), (AcceptOffer(), DENIZ), (RecordPickup(), DENIZ),
    ):  # fmt: skip
        flow.send(DELIVERY, ID, message, caller)


def test_from_the_offer_to_the_door() -> None:
    flow = _accepted()
    _taken(flow)
    flow.run(_one_by_one)
    assert (flow.order.stage, flow.order.shown.courier_id) == ("on_the_way", DENIZ)
    flow.send(DELIVERY, ID, RecordDelivered(), DENIZ)
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
    on_the_way: bool, steps: list[tuple[tuple[Topic, Message, str], int]], data: Any
) -> None:
    flow = _accepted()
    if on_the_way:
        _taken(flow)

    def choose(many: int) -> int:
        return data.draw(st.integers(0, many - 1))

    for (topic, message, caller), decided in steps:
        flow.send(topic, ID, message, caller)
        for _ in range(decided):
            flow.step(choose)
    flow.run(choose)
    delivery = flow.delivery.delivery
    if flow.order.stage == "on_the_way":
        assert delivery is not None and (delivery.status, delivery.courier_id) == (
            "picked_up",
            flow.order.shown.courier_id,
        )
    if delivery is not None and delivery.status == "picked_up":
        assert flow.order.stage == "on_the_way"
    flow.send(ORDER, ID, CompleteOrder())  # its timer, where nobody said anything
    flow.run(choose)
    assert flow.order.stage in ENDS
    assert len([each for each in flow.happened if isinstance(each, OrderDelivered)]) <= 1
    ended = flow.delivery.delivery
    assert ended is None or ended.status in ("delivered", "failed", "cancelled")
    assert flow.delivery.expected is not None and flow.delivery.expected.address is None
    if delivery is not None and delivery.status == "delivered" and flow.order.stage == "cancelled":
        assert any(isinstance(message, CancelOrder) for (_, message, _), _ in steps), "only who cancels makes it so"
