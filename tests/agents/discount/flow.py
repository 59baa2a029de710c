"""Orders and coupons together, without a runtime: their deciders and policies, and a queue for each aggregate.

The runtime promises that the messages to one aggregate are decided one after the other, in the order in which one sender sent
them, and once each. Between aggregates any order is possible; the test chooses it.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from agents.discount import policy as coupon_policy
from agents.discount.decider import DECIDER as COUPONS
from agents.order import policy as order_policy
from agents.order.decider import DECIDER as ORDERS
from agents.order.facts import Facts
from tests.agents.order.test_decider import facts
from tests.agents.scenario import NOW
from topics.contracts import discount_commands, order_commands
from topics.contracts.basket_events import OrderedItem
from topics.contracts.order_commands import CancelOrder, PlaceOrder
from topics.copies import CouponCopy
from topics.deciding.decision import Context
from topics.deciding.discounting import Terms
from topics.messages.event import EventMeta
from topics.messages.ids import derive
from topics.messages.message import Message

CODE = "LAST1"
Choose = Callable[[int], int]
"""Of so many queues with messages, the place of the one that goes on."""

_DOMAINS: dict[str, tuple[Any, Any]] = {
    order_commands.TOPIC.name: (ORDERS, order_policy.react),
    discount_commands.TOPIC.name: (COUPONS, coupon_policy.react),
}


class Flow:
    """terms: of the one coupon. The orders' copy of it never learns that it was used: the worst that can be."""

    def __init__(self, terms: Terms) -> None:
        known = facts()
        self._facts = Facts(meals=known.meals, restaurants=known.restaurants, coupons={CODE: CouponCopy(terms=terms)})
        self.states: dict[tuple[str, str], Any] = {(discount_commands.TOPIC.name, CODE): COUPONS.state(terms=terms)}
        self._queues: dict[tuple[str, str], deque[tuple[str, Message, str | None]]] = {}

    def place(self, order_id: str, user_id: str) -> None:
        wish = PlaceOrder(
            user_id=user_id, restaurant_id="mahmut", items=(OrderedItem(meal_id="kebap", quantity=1),),
            payment_method="cash", coupon_code=CODE, pickup=True,
        )  # fmt: skip
        self._send(order_commands.TOPIC.name, order_id, f"place {order_id}", wish, user_id)

    def cancel(self, order_id: str, user_id: str) -> None:
        self._send(order_commands.TOPIC.name, order_id, f"cancel {order_id}", CancelOrder(), user_id)

    def run(self, choose: Choose) -> None:
        """Until nothing is under way."""
        while self._queues:
            places = list(self._queues)
            self._decide(places[choose(len(places))])

    def _send(self, topic: str, key: str, id: str, message: Message, caller: str | None) -> None:
        if topic in _DOMAINS:
            self._queues.setdefault((topic, key), deque()).append((id, message, caller))

    def _decide(self, place: tuple[str, str]) -> None:
        id, message, caller = self._queues[place].popleft()
        if not self._queues[place]:
            del self._queues[place]
        key, (decider, react) = place[1], _DOMAINS[place[0]]
        state = self.states.get(place) or decider.state()
        known = self._facts if decider is ORDERS else decider.facts()
        decision = decider.decide(message, state, known, Context(id, key, NOW, caller=caller))
        for number, event in enumerate(decision.events):
            state = decider.evolve(state, event)
            cause = f"{id}/{number}"
            for send in react(event, EventMeta(cause, key, 1, NOW), state):
                self._send(
                    send.topic.name, send.key, derive(cause, send.topic.name + send.suffix), send.message, caller
                )
        self.states[place] = state

    def orders(self) -> dict[str, Any]:
        """By id, the states of all orders."""
        return {key: state for (topic, key), state in self.states.items() if topic == order_commands.TOPIC.name}

    def used(self, key: str = CODE) -> int:
        """Of the coupon, or of a user's share of it."""
        found = self.states.get((discount_commands.TOPIC.name, key))
        return 0 if found is None else found.used
