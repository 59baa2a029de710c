"""Tickets on their way into the queues of a real RabbitMQ."""

import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from msgspec.structs import replace

from agents.kitchen import queues
from agents.kitchen.effect import Waiter
from agents.kitchen.queues import UNANSWERED, queue_of
from agents.kitchen.ticket import TicketState
from agents.runtime.reading.aside import NotNow
from stores.errors import Unavailable
from stores.rabbit import Message, Queue, Silent
from stores.rabbit.rabbit import Rabbit
from tests.agents.kitchen.broker import Kitchen, States, kitchen
from tests.agents.kitchen.test_decider import OPENED, WITHDRAWN
from tests.deadline import until
from topics.contracts import kitchen_commands
from topics.contracts.kitchen_commands import RecordMessage
from topics.contracts.kitchen_events import Outcome, TicketOpened
from topics.deciding.decision import Send
from topics.messages.event import EventMeta


class Scene:
    """A restaurant of its own, its kitchen's client, and the waiter."""

    def __init__(self, rabbit: Rabbit, client: Kitchen) -> None:
        self.restaurant_id = uuid.uuid4().hex
        self.queue = f"kitchen.{self.restaurant_id}"
        self.rabbit = rabbit
        self.client = client
        self.states = States()
        self.waiter = Waiter(rabbit, self.states, timedelta(minutes=5))  # type: ignore[arg-type]
        self.meta = EventMeta(f"event-{uuid.uuid4().hex}", f"order-{uuid.uuid4().hex}", 1, datetime.now(UTC))

    def opened(self, **fields: Any) -> TicketOpened:
        in_time = {"expires_at": datetime.now(UTC) + timedelta(minutes=5), **fields}
        return replace(OPENED, restaurant_id=self.restaurant_id, **in_time)

    def reports(self, outcome: Outcome) -> list[Send]:
        recorded = RecordMessage(message_id=self.meta.id, outcome=outcome)
        return [Send(kitchen_commands.TOPIC, self.meta.aggregate_id, recorded)]


@pytest_asyncio.fixture(loop_scope="session")
async def scene(rabbit_url: str) -> AsyncGenerator[Scene]:
    rabbit = Rabbit(rabbit_url, "tests", queues.TOPOLOGY)
    async with kitchen(rabbit_url) as client:
        yield Scene(rabbit, client)
    await rabbit.close()


async def test_a_ticket_is_in_its_restaurants_queue_with_all_that_the_kitchen_needs(scene: Scene) -> None:
    assert list(await scene.waiter.bring(scene.opened(), scene.meta)) == scene.reports("sent")
    came = await scene.client.ticket(scene.queue)
    assert (came.message_id, came.type, came.content_type) == (scene.meta.id, "ticket", "application/json")
    assert "x-repeated" not in came.headers and came.expiration is not None
    ticket = msgspec.json.decode(came.body)
    assert (ticket["order_id"], ticket["restaurant_id"]) == (scene.meta.aggregate_id, scene.restaurant_id)
    assert ticket["items"][0]["options"] == [{"name": "Acı", "choice": "az", "price": 0}]
    assert (ticket["items"][0]["note"], ticket["note"], ticket["due_at"]) == ("soğansız", "Zil bozuk", None)


async def test_a_ticket_that_may_have_come_before_has_the_same_id_and_a_mark(scene: Scene) -> None:
    opened = scene.opened()
    await scene.waiter.bring(opened, scene.meta)
    await scene.waiter.bring(opened, replace(scene.meta, again=True, traceparent="00-a-b-01"))
    first, second = [await scene.client.ticket(scene.queue) for _ in range(2)]
    assert first.message_id == second.message_id and first.body == second.body
    assert second.headers["x-repeated"] is True
    assert second.headers["traceparent"] == "00-a-b-01" and "traceparent" not in first.headers


async def test_the_queue_of_a_restaurant_is_made_when_it_is_opened_and_again_changes_nothing(scene: Scene) -> None:
    meta = replace(scene.meta, aggregate_id=scene.restaurant_id)
    for _ in range(2):
        assert list(await scene.waiter.make_queue(None, meta)) == []  # type: ignore[arg-type]
    assert await scene.client.count(scene.queue) == 0


async def test_a_queue_that_is_gone_is_made_again_for_the_next_ticket(scene: Scene) -> None:
    assert list(await scene.waiter.bring(scene.opened(), scene.meta)) == scene.reports("sent")
    assert (await scene.client.ticket(scene.queue)).message_id == scene.meta.id


async def test_an_order_that_has_ended_meanwhile_has_no_ticket(scene: Scene) -> None:
    scene.states.by_order[scene.meta.aggregate_id] = TicketState(restaurant_id="r-1", withdrawn="cancelled")
    await scene.waiter.make_queue(None, replace(scene.meta, aggregate_id=scene.restaurant_id))  # type: ignore[arg-type]
    assert list(await scene.waiter.bring(scene.opened(), scene.meta)) == scene.reports("withdrawn")
    assert await scene.client.count(scene.queue) == 0


async def test_a_ticket_whose_time_is_over_is_not_sent_but_one_that_waits_for_no_answer_is(scene: Scene) -> None:
    over = datetime.now(UTC) - timedelta(seconds=1)
    assert list(await scene.waiter.bring(scene.opened(expires_at=over), scene.meta)) == scene.reports("late")
    accepted = scene.opened(expires_at=over, auto=True)
    assert list(await scene.waiter.bring(accepted, scene.meta)) == scene.reports("sent")


async def test_a_kitchen_is_told_that_an_order_has_ended(scene: Scene) -> None:
    withdrawn = replace(WITHDRAWN, restaurant_id=scene.restaurant_id)
    assert list(await scene.waiter.bring(withdrawn, scene.meta)) == scene.reports("sent")
    came = await scene.client.ticket(scene.queue)
    assert came.type == "cancelled"
    assert msgspec.json.decode(came.body) == {
        "order_id": scene.meta.aggregate_id, "restaurant_id": scene.restaurant_id, "status": "cancelled",
        "reason": "no",
    }  # fmt: skip


async def test_a_ticket_that_nobody_takes_in_time_is_among_the_unanswered(scene: Scene) -> None:
    soon = scene.opened(expires_at=datetime.now(UTC) + timedelta(seconds=3))
    await scene.waiter.bring(soon, scene.meta)
    came = await scene.client.ticket(UNANSWERED)
    assert came.message_id == scene.meta.id
    assert came.headers["x-first-death-reason"] == "expired" and came.type == "ticket"


async def test_a_full_queue_holds_up_its_own_tickets_alone(scene: Scene) -> None:
    """They are tried again until the restaurant's time to answer is over, and are recorded as late then."""
    arguments = {**queue_of(scene.restaurant_id).arguments, "x-max-length": 1}
    full = Queue(scene.queue, queue_of(scene.restaurant_id).bindings, arguments)
    await scene.rabbit.declare(full)
    opened = scene.opened()

    async def refused() -> NotNow | None:
        try:  # a quorum queue notices a little later that it is full
            await scene.waiter.bring(opened, scene.meta)
        except NotNow as error:
            return error
        return None

    error = await until("a refusal", refused)
    assert error is not None and "full" in str(error) and error.until > opened.expires_at


async def test_a_queue_that_does_not_confirm_holds_up_its_own_tickets_alone_and_a_server_that_is_away_all(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(rabbit: Rabbit, exchange: str, key: str, message: Message) -> None:
        raise error

    monkeypatch.setattr(Rabbit, "publish", fails)
    for event in (scene.opened(), replace(WITHDRAWN, restaurant_id=scene.restaurant_id)):
        error = Silent("RabbitMQ", "does not confirm")
        with pytest.raises(NotNow, match="does not confirm"):
            await scene.waiter.bring(event, scene.meta)
        error = Unavailable("RabbitMQ", "away")
        with pytest.raises(Unavailable, match="away"):
            await scene.waiter.bring(event, scene.meta)


def test_a_restaurants_queue_drops_nothing_before_somebody_else_has_it() -> None:
    arguments = queue_of("r-1").arguments
    assert arguments["x-dead-letter-strategy"] == "at-least-once" and arguments["x-overflow"] == "reject-publish"
