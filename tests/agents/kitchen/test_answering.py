"""What a kitchen's own AMQP client says, and what comes of it, on a real RabbitMQ."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aio_pika
import msgspec
import pytest
import pytest_asyncio
from aiormq.exceptions import ChannelAccessRefused, ChannelPreconditionFailed

from agents.kitchen import queues
from agents.kitchen.answering import MOST_RETURNS, RETURNED, Answering
from agents.kitchen.effect import CANCELLED, REPEATED, TICKET
from agents.kitchen.queues import DEAD, REPLIES, UNANSWERED
from agents.kitchen.replies import LARGEST, order_of
from agents.kitchen.ticket import TicketState
from stores.ending import end
from stores.errors import Unavailable
from stores.rabbit import Delivery, Message, NotTaken, Queue
from stores.rabbit.rabbit import Rabbit
from tests.agents.kitchen.broker import Kitchen, Orders, States, kitchen
from tests.agents.kitchen.conftest import VirtualHost
from tests.deadline import until, within
from topics.contracts.order_commands import AcceptOrder, ExpireTicket, ReadyOrder
from topics.messages.reply import Reply

LIFE = timedelta(minutes=5)  # of what a kitchen answers not at all


class Scene:
    """A ticket of one order, and those who take what its kitchen answers."""

    def __init__(self, rabbit: Rabbit, client: Kitchen) -> None:
        self.rabbit = rabbit
        self.client = client
        self.order, self.restaurant = f"order-{uuid.uuid4().hex}", uuid.uuid4().hex
        self.states = States({self.order: TicketState(restaurant_id=self.restaurant)})
        self.orders = Orders()
        self.answering = Answering(rabbit, self.states, self.orders, LIFE, own_accounts=False)  # type: ignore[arg-type]

    def accept(self, **fields: Any) -> dict[str, Any]:
        return {"order_id": self.order, "decision": "accept", "prep_time": 20, **fields}

    async def commands(self, count: int) -> list[Any]:
        async def there() -> bool:
            return len(self.orders.commands) >= count

        await until(f"{count} commands", there)
        assert {key for key, _, _ in self.orders.commands} == {self.order}
        return [command for _, command, _ in self.orders.commands]

    async def all_is_done(self) -> None:
        """What was said before is done: answers of one order are, one after the other."""
        self.orders.answers.append(None)
        await self.client.ask({"order_id": self.order, "decision": "ready"}, id=uuid.uuid4().hex)


@pytest_asyncio.fixture(loop_scope="session")
async def scene(rabbit_url: str) -> AsyncGenerator[Scene]:
    rabbit = Rabbit(rabbit_url, "tests", queues.TOPOLOGY)
    async with kitchen(rabbit_url) as client:
        made = Scene(rabbit, client)
        async with consuming(made, REPLIES, lambda delivery: made.answering.take(delivery)):
            yield made
    await rabbit.close()


@asynccontextmanager
async def consuming(scene: Scene, queue: str, take: Any) -> AsyncGenerator[None]:
    consumer = scene.rabbit.consumer(queue, 10, take, order_of)
    running = asyncio.create_task(consumer.run())

    async def consumes() -> bool:
        return consumer.away is None

    try:
        await until(f"a consumer of {queue}", consumes)
        yield
    finally:
        await end(running)


def done(status: str) -> Reply:
    return Reply(operation_id="o", status="done", body=msgspec.Raw(msgspec.json.encode({"status": status, "x": 1})))


def refused(status: str) -> Reply:
    return Reply(operation_id="o", status="failed", code="wrong_state", detail="no", more={"order_status": status})


async def test_an_answer_is_a_command_to_its_order(scene: Scene) -> None:
    await scene.client.say(scene.accept())
    assert await scene.commands(1) == [AcceptOrder(prep_time=20, restaurant_id=scene.restaurant)]


async def test_a_trace_context_that_comes_back_is_the_commands(scene: Scene) -> None:
    said = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await scene.client.say(scene.accept(), headers={"traceparent": said})
    await scene.client.say(scene.accept(), headers={"traceparent": "anything else"})
    await scene.commands(2)
    assert scene.orders.traced == [said, ""]


async def test_an_answer_that_comes_twice_is_the_same_command_twice_which_the_order_knows(scene: Scene) -> None:
    for _ in range(3):
        await scene.client.say(scene.accept(), id="1")
    await scene.commands(3)
    assert len({id for _, _, id in scene.orders.commands}) == 1


async def test_who_wants_to_know_is_told_the_state_of_the_order(scene: Scene) -> None:
    scene.orders.answers += [done("accepted"), refused("cancelled"), None]
    told = [await scene.client.ask(scene.accept(), id=str(number)) for number in range(3)]
    assert told == [
        {"outcome": "done", "order_id": scene.order, "status": "accepted"},
        {"outcome": "refused", "order_id": scene.order, "status": "cancelled", "code": "wrong_state", "detail": "no"},
        {"outcome": "pending", "order_id": scene.order},
    ]


async def test_answers_about_an_order_are_decided_in_the_order_in_which_they_were_given(scene: Scene) -> None:
    scene.orders.errors += [Unavailable("Kafka", "away")] * 2
    await scene.client.say(scene.accept())
    await scene.client.say({"order_id": scene.order, "decision": "ready"})
    assert [type(command) for command in await scene.commands(2)] == [AcceptOrder, ReadyOrder]


async def test_while_kafka_or_the_store_are_away_answers_wait(scene: Scene) -> None:
    scene.states.error = Unavailable("PostgreSQL", "away")
    scene.orders.errors.append(Unavailable("Kafka", "away"))
    await scene.client.say(scene.accept())

    async def in_vain() -> bool:
        return scene.states.asked > 1

    await until("the store asked in vain", in_vain)
    scene.states.error = None
    assert len(await scene.commands(1)) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"accept, please", "no_json"), (b"\xff", "no_json"), (b"{}", "invalid_input: order_id: is required")],
)
async def test_what_cannot_be_read_is_kept_with_its_bytes_and_the_reason(
    scene: Scene, body: bytes, reason: str
) -> None:
    id = uuid.uuid4().hex
    told = await scene.client.ask(body, id=id)
    assert told["outcome"] == "refused" and reason.startswith(told["code"])
    kept = await _of(scene, id)
    assert kept.body == body and str(kept.headers["x-reason"]).startswith(reason)
    assert scene.orders.commands == []


async def test_where_somebody_has_deleted_the_queue_of_what_cannot_be_used_it_is_made_again(
    scene: Scene, virtual_host: VirtualHost
) -> None:
    async with await aio_pika.connect(virtual_host.url) as connection:
        await (await connection.channel()).queue_delete(DEAD)
    id = uuid.uuid4().hex
    await scene.client.say(b"poison", id=id)
    assert (await _of(scene, id)).body == b"poison"


async def test_what_is_far_too_long_is_kept_in_part(scene: Scene) -> None:
    id = uuid.uuid4().hex
    told = await scene.client.ask(b"x" * (LARGEST + 1), id=id)
    assert told["code"] == "body_too_large"
    kept = await _of(scene, id)
    assert (len(kept.body), kept.headers["x-cut"]) == (LARGEST, LARGEST + 1)


@pytest.mark.parametrize("other", [{"order_id": "nobody-s"}, {"restaurant_id": "r-other"}])
async def test_an_order_that_did_not_come_to_this_kitchen_is_not_its_to_decide(
    scene: Scene, other: dict[str, Any]
) -> None:
    """Whether there is such an order is not told."""
    id = uuid.uuid4().hex
    told = await scene.client.ask(scene.accept(**other), id=id)
    assert told == {
        "outcome": "refused", "code": "not_found", "detail": "no ticket of this order came to this kitchen",
    }  # fmt: skip
    assert "not_found" in str((await _of(scene, id)).headers["x-reason"])
    assert scene.orders.commands == []


async def test_an_account_of_a_restaurant_speaks_for_it_and_for_no_other(
    scene: Scene, virtual_host: VirtualHost
) -> None:
    """With the permissions of docs/kitchen.md. RabbitMQ itself refuses who calls itself by another's name."""
    mine, others = f"kitchen.{scene.restaurant}", f"kitchen.{uuid.uuid4().hex}"
    account = await virtual_host.account(scene.restaurant)
    await scene.rabbit.declare(queues.queue_of(scene.restaurant))
    await scene.rabbit.publish(queues.TICKETS, scene.restaurant, Message(id="t", type=TICKET, body=ticket(scene)))
    async with kitchen(account) as client:
        assert (await client.ticket(mine)).message_id == "t"
        scene.orders.answers.append(done("accepted"))
        assert (await client.ask(scene.accept(), id="1", user_id=mine))["status"] == "accepted"
        unlike = await client.ask(scene.accept(restaurant_id="r-other"), id="2", user_id=mine)
        assert [each["field"] for each in unlike["errors"]] == ["restaurant_id"]
    async with kitchen(account) as client:
        with pytest.raises(ChannelPreconditionFailed):
            await client.say(scene.accept(), id="3", user_id=others)
    for forbidden in (others, REPLIES, DEAD, UNANSWERED):
        async with kitchen(account) as client:
            with pytest.raises(ChannelAccessRefused):
                await client.ticket(forbidden)
    async with kitchen(account) as client:
        with pytest.raises(ChannelAccessRefused):
            await client.say(ticket(scene), exchange=queues.TICKETS)
    assert len(scene.orders.commands) == 1


async def test_where_kitchens_have_accounts_nobody_else_answers(scene: Scene, virtual_host: VirtualHost) -> None:
    strict = Answering(scene.rabbit, scene.states, scene.orders, LIFE, own_accounts=True)  # type: ignore[arg-type]
    scene.answering.take = strict.take  # type: ignore[method-assign]
    refused = await scene.client.ask(scene.accept(restaurant_id=scene.restaurant), id="1")
    assert [each["field"] for each in refused["errors"]] == ["user_id"]
    async with kitchen(await virtual_host.account(scene.restaurant)) as client:
        await client.say(scene.accept(), user_id=f"kitchen.{scene.restaurant}")
    assert await scene.commands(1) == [AcceptOrder(prep_time=20, restaurant_id=scene.restaurant)]


async def test_no_answer_is_sent_to_a_queue_of_ours(scene: Scene) -> None:
    id = uuid.uuid4().hex
    await scene.client.say(scene.accept(), id=id, reply_to=REPLIES)
    assert "reply_to" in str((await _of(scene, id)).headers["x-reason"])
    await scene.all_is_done()
    assert len(scene.orders.commands) == 1


async def test_who_has_gone_is_not_told_and_the_answer_counts(scene: Scene) -> None:
    scene.orders.answers.append(done("accepted"))
    await scene.client.say(scene.accept(), reply_to="gone")
    await scene.all_is_done()
    assert isinstance((await scene.commands(2))[0], AcceptOrder)


async def test_poison_in_numbers_holds_up_nobody(scene: Scene) -> None:
    for number in range(50):
        await scene.client.say(b"poison %d" % number, id=f"{scene.order} {number}")
    await scene.client.say(scene.accept())
    assert await scene.commands(1) == [AcceptOrder(prep_time=20, restaurant_id=scene.restaurant)]

    async def kept() -> bool:
        return await scene.client.count(DEAD) >= 50

    await until("all poison among the dead", kept)


def ticket(scene: Scene, **fields: Any) -> bytes:
    now = datetime.now(UTC)
    known = {
        "order_id": scene.order, "restaurant_id": scene.restaurant, "items": [], "note": None, "due_at": None,
        "expires_at": now, "restaurant_name": "Mahmut", "delivery": True, "payment_method": "cash", "total": 1,
        "auto": False,
    }  # fmt: skip
    return msgspec.json.encode({**known, **fields})


async def _expired(scene: Scene, kind: str = TICKET, body: bytes | None = None, **more: Any) -> str:
    """A message that nobody took from the kitchen's queue. Its id."""
    await scene.rabbit.declare(queues.queue_of(scene.restaurant))
    id = uuid.uuid4().hex
    body = ticket(scene) if body is None else body
    soon = Message(id=id, type=kind, body=body, expires=timedelta(milliseconds=20), **more)
    await scene.rabbit.publish(queues.TICKETS, scene.restaurant, soon)
    return id


def withdrawal(scene: Scene) -> bytes:
    said = {"order_id": scene.order, "restaurant_id": scene.restaurant, "status": "cancelled", "reason": ""}
    return msgspec.json.encode(said)


async def test_a_ticket_that_nobody_took_is_told_to_its_order_once(scene: Scene) -> None:
    async with consuming(scene, UNANSWERED, scene.answering.take_unanswered):
        await _expired(scene)
        assert (await scene.commands(1))[0] == ExpireTicket(restaurant_id=scene.restaurant)


@pytest.mark.parametrize("answer", [refused("accepted"), refused("preparing"), done("accepted")])
async def test_a_ticket_that_waits_for_no_answer_goes_back_while_it_is_to_be_cooked(
    scene: Scene, answer: Reply
) -> None:
    scene.orders.answers.append(answer)
    said = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with consuming(scene, UNANSWERED, scene.answering.take_unanswered):
        body = ticket(scene, auto=True)
        id = await _expired(scene, body=body, correlation_id="flow", headers={"traceparent": said})
        await scene.commands(1)
        again = await scene.client.ticket(f"kitchen.{scene.restaurant}")
    assert (again.message_id, again.type, again.body, again.correlation_id) == (id, TICKET, body, "flow")
    assert [again.headers[name] for name in ("traceparent", REPEATED, RETURNED)] == [said, True, 1]
    assert again.expiration == 2 * LIFE.total_seconds()


async def test_a_withdrawal_goes_back_for_a_kitchen_that_took_its_ticket_and_was_away(scene: Scene) -> None:
    taken = asyncio.Event()

    async def take(delivery: Delivery) -> None:
        await scene.answering.take_unanswered(delivery)
        taken.set()

    async with consuming(scene, UNANSWERED, take):
        id = await _expired(scene, CANCELLED, withdrawal(scene), headers={RETURNED: 2})
        await within("a withdrawal that came back", taken.wait())
        again = await scene.client.ticket(f"kitchen.{scene.restaurant}")
    assert (again.message_id, again.type, again.body) == (id, CANCELLED, withdrawal(scene))
    assert (again.headers[REPEATED], again.headers[RETURNED]) == (True, 3)
    assert again.expiration == 8 * LIFE.total_seconds()
    assert scene.orders.commands == []


@pytest.mark.parametrize("status", ["ready", "on_the_way", "delivered", "cancelled"])
async def test_what_is_cooked_or_ended_does_not_go_back(scene: Scene, status: str) -> None:
    scene.orders.answers.append(refused(status))
    async with consuming(scene, UNANSWERED, scene.answering.take_unanswered):
        await _expired(scene, body=ticket(scene, auto=True))
        await _nothing_went_back(scene, 2)


async def test_what_came_back_often_enough_does_not_go_back(scene: Scene) -> None:
    async with consuming(scene, UNANSWERED, scene.answering.take_unanswered):
        await _expired(scene, CANCELLED, withdrawal(scene), headers={RETURNED: MOST_RETURNS})
        await _expired(scene, body=ticket(scene, auto=True), headers={RETURNED: MOST_RETURNS})
        await _nothing_went_back(scene, 1)


async def test_an_order_that_does_not_say_how_it_is_is_asked_again(scene: Scene) -> None:
    scene.orders.answers += [None, refused("accepted")]
    async with consuming(scene, UNANSWERED, scene.answering.take_unanswered):
        await _expired(scene, body=ticket(scene, auto=True))
        await scene.commands(2)
        await scene.client.ticket(f"kitchen.{scene.restaurant}")
    assert len({id for _, _, id in scene.orders.commands}) == 2, "a repeat would be answered as the first was"


class Full:
    async def publish(self, exchange: str, key: str, message: Message) -> None:
        raise NotTaken("the queue is full")

    async def declare(self, queue: Queue) -> None:
        pass


async def test_a_queue_that_takes_nothing_holds_up_no_other(scene: Scene) -> None:
    scene.orders.answers.append(refused("accepted"))
    answering = Answering(Full(), scene.states, scene.orders, LIFE, own_accounts=False)  # type: ignore[arg-type]
    async with consuming(scene, UNANSWERED, answering.take_unanswered):
        await _expired(scene, body=ticket(scene, auto=True))
        await _nothing_went_back(scene, 2)


async def _nothing_went_back(scene: Scene, commands: int) -> None:
    """Messages of one order are taken one after the other: `commands`, when one more ticket was taken, is what they led to."""
    await _expired(scene)
    assert isinstance((await scene.commands(commands))[-1], ExpireTicket)
    assert await scene.client.count(f"kitchen.{scene.restaurant}") == 0


@pytest.mark.parametrize(("kind", "made"), [(TICKET, ticket), (CANCELLED, withdrawal)])
async def test_what_the_kitchens_system_refused_does_not_go_back_and_leaves_the_owner_time(
    scene: Scene, kind: str, made: Callable[[Scene], bytes]
) -> None:
    await scene.rabbit.declare(queues.queue_of(scene.restaurant))
    sent = Message(id=uuid.uuid4().hex, type=kind, body=made(scene))
    await scene.rabbit.publish(queues.TICKETS, scene.restaurant, sent)

    async with consuming(scene, UNANSWERED, scene.answering.take_unanswered):
        await scene.client.refuse(f"kitchen.{scene.restaurant}")
        await _nothing_went_back(scene, 1)


async def test_what_is_no_ticket_of_ours_is_kept(scene: Scene) -> None:
    id = uuid.uuid4().hex
    await scene.rabbit.publish(UNANSWERED, "", Message(id=id, type=TICKET, body=b"{"))
    async with consuming(scene, UNANSWERED, scene.answering.take_unanswered):
        assert "no_ticket" in str((await _of(scene, id)).headers["x-reason"])


async def _of(scene: Scene, id: str) -> aio_pika.abc.AbstractIncomingMessage:
    """The dead letter of this message, which is the only one."""
    found = await scene.client.buried()
    assert found.message_id == id
    return found
