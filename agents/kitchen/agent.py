"""The wiring of kitchen."""

from datetime import timedelta

from agents.kitchen import policy
from agents.kitchen.answering import Answering
from agents.kitchen.decider import DECIDER
from agents.kitchen.effect import Waiter
from agents.kitchen.queues import REPLIES, TOPOLOGY, UNANSWERED
from agents.kitchen.replies import order_of
from agents.runtime.beside import Beside
from agents.runtime.runtime import Runtime
from stores.rabbit.rabbit import Rabbit
from topics.contracts import kitchen_commands, kitchen_events, order_events, restaurant_events
from topics.contracts.kitchen_events import TicketOpened, TicketWithdrawn
from topics.contracts.restaurant_events import RestaurantOpened

AT_ONCE = 64
"""Answers of kitchens under way in a process, as many tickets that came back, and messages to kitchens of a partition."""
QUEUES_AT_ONCE = 4


def register(runtime: Runtime) -> None:
    rabbit = Rabbit(runtime.settings.rabbit, "lezzet kitchen", TOPOLOGY)
    life = timedelta(seconds=runtime.settings.order_answer_seconds)
    waiter = Waiter(rabbit, runtime.store, life)
    runtime.decide(kitchen_commands.TOPIC, DECIDER, emits=kitchen_events.TOPIC)
    runtime.intake(order_events.TOPIC, policy.follow_order)
    runtime.effect(kitchen_events.TOPIC, (TicketOpened, TicketWithdrawn), waiter.bring, concurrency=AT_ONCE)
    runtime.effect(restaurant_events.TOPIC, RestaurantOpened, waiter.make_queue, concurrency=QUEUES_AT_ONCE)
    orders = runtime.entrance()
    own_accounts = runtime.settings.kitchen_accounts == "own"
    answering = Answering(rabbit, runtime.store, orders, life, own_accounts=own_accounts)
    for queue, take in ((REPLIES, answering.take), (UNANSWERED, answering.take_unanswered)):
        consumer = rabbit.consumer(queue, AT_ONCE, take, order_of)
        runtime.beside(Beside(queue, consumer.run, lambda consumer=consumer: consumer.away))
    runtime.beside(Beside("kitchen answers", orders.listen, orders.deaf))
