"""What is promised of RabbitMQ, on a real one: published is safe, consumed is done, away is said."""

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import aio_pika
import pytest
import pytest_asyncio

from infra.stack.stack import Stack
from stores.ending import end
from stores.errors import Doubt, Unavailable
from stores.rabbit import Delivery, Exchange, Message, NotTaken, Queue, Topology, Unroutable
from stores.rabbit.consuming import Consumer
from stores.rabbit.rabbit import Rabbit
from tests.deadline import until, within
from tests.quorum_queues import on_disk


class Bench:
    """A direct exchange, a queue at it with the same name, and what a consumer got of it."""

    def __init__(self, url: str) -> None:
        self.name = f"test.{uuid.uuid4().hex[:12]}"
        self.queue = Queue(self.name, ((self.name, "key"),))
        self.topology = Topology((Exchange(self.name, "direct"),), (self.queue,))
        self.url = url
        self.rabbit = Rabbit(url, "tests", self.topology)
        self.got: list[Delivery] = []

    async def publish(self, *bodies: str, key: str = "key") -> None:
        for body in bodies:
            await self.rabbit.publish(self.name, key, message(body))

    async def take(self, delivery: Delivery) -> None:
        self.got.append(delivery)

    @property
    def bodies(self) -> list[str]:
        return [each.body.decode() for each in self.got]

    async def has(self, *bodies: str, seconds: float = 60.0) -> None:
        async def arrived() -> bool:
            return set(bodies) <= set(self.bodies)

        await until(f"{bodies}, there are {self.bodies}", arrived, seconds)


def message(body: str, **more: object) -> Message:
    return Message(id=f"id of {body}", body=body.encode(), type="test", **more)  # type: ignore[arg-type]


@pytest_asyncio.fixture(loop_scope="session")
async def bench(servers: Stack) -> AsyncGenerator[Bench]:
    made = Bench(servers.endpoints.rabbit)
    yield made
    await made.rabbit.close()


@asynccontextmanager
async def consuming(
    bench: Bench,
    take: Callable[[Delivery], object] | None = None,
    *,
    prefetch: int = 10,
    key: Callable[[Delivery], str] = lambda delivery: delivery.id,
    queue: str = "",
) -> AsyncGenerator[Consumer]:
    consumer = bench.rabbit.consumer(queue or bench.name, prefetch, take or bench.take, key)  # type: ignore[arg-type]
    running = asyncio.create_task(consumer.run())
    try:
        yield consumer
    finally:
        await end(running)


async def test_what_is_published_comes_with_all_that_was_said_of_it(bench: Bench) -> None:
    said = message("a", headers={"x-mark": True}, correlation_id="flow")
    await bench.rabbit.publish(bench.name, "key", said)
    async with consuming(bench):
        await bench.has("a")
    (came,) = bench.got
    assert (came.id, came.type, came.headers, came.correlation_id) == ("id of a", "test", {"x-mark": True}, "flow")


async def test_what_no_queue_takes_is_told_and_the_next_one_goes_out(bench: Bench) -> None:
    with pytest.raises(Unroutable, match="nobody"):
        await bench.publish("lost", key="nobody")
    await bench.publish("a")
    async with consuming(bench):
        await bench.has("a")
    assert bench.bodies == ["a"]


async def test_a_queue_is_made_when_its_first_message_comes(bench: Bench) -> None:
    later = Queue(f"{bench.name}.later", ((bench.name, "later"),))
    with pytest.raises(Unroutable):
        await bench.publish("a", key="later")
    await bench.rabbit.declare(later)
    await bench.publish("a", key="later")
    async with consuming(bench, queue=later.name):
        await bench.has("a")


async def test_a_queue_that_is_full_takes_nothing_and_others_do(bench: Bench) -> None:
    full = Queue(f"{bench.name}.full", ((bench.name, "full"),), {"x-max-length": 1, "x-overflow": "reject-publish"})
    await bench.rabbit.declare(full)

    async def filled() -> bool:
        try:  # a quorum queue notices a little later that it is full
            await bench.publish("a", key="full")
        except NotTaken:
            return True
        return False

    await until("a refusal", filled)
    await bench.publish("b")
    async with consuming(bench):
        await bench.has("b")


async def test_what_nobody_takes_in_its_time_comes_back_with_the_reason(bench: Bench) -> None:
    slow = Queue(
        f"{bench.name}.slow",
        ((bench.name, "slow"),),
        {
            "x-dead-letter-exchange": bench.name,
            "x-dead-letter-routing-key": "key",
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    )
    await bench.rabbit.declare(slow)
    await bench.rabbit.publish(bench.name, "slow", message("a", expires=timedelta(milliseconds=50)))
    async with consuming(bench):
        await bench.has("a")
    assert bench.got[0].headers["x-first-death-reason"] == "expired"
    assert bench.got[0].id == "id of a"


async def test_a_queue_that_exists_with_other_arguments_stays_as_it_is(bench: Bench) -> None:
    await bench.publish("a")
    await bench.rabbit.declare(Queue(bench.name, bench.queue.bindings, {"x-max-length": 5}))
    await bench.publish("b")
    async with consuming(bench):
        await bench.has("a", "b")


async def test_what_fails_is_tried_again_and_only_its_own_key_waits_for_it(bench: Bench) -> None:
    failures = 3

    async def take(delivery: Delivery) -> None:
        nonlocal failures
        if delivery.body == b"a1" and failures:
            failures -= 1
            raise Doubt("away")
        await bench.take(delivery)

    await bench.publish("a1", "a2", "b1", "a3")
    async with consuming(bench, take, key=lambda delivery: delivery.body[:1].decode()):
        await bench.has("a1", "a2", "a3", "b1")
    assert bench.bodies.index("b1") < bench.bodies.index("a1")
    assert [body for body in bench.bodies if body != "b1"] == ["a1", "a2", "a3"]


async def test_an_error_that_nobody_thought_of_is_tried_again_too(bench: Bench) -> None:
    failures = 1

    async def take(delivery: Delivery) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise KeyError("a bug")
        await bench.take(delivery)

    await bench.publish("a")
    async with consuming(bench, take):
        await bench.has("a")


async def test_no_more_are_under_way_than_are_wanted(bench: Bench) -> None:
    under_way, most, go = set[str](), 0, asyncio.Event()

    async def take(delivery: Delivery) -> None:
        nonlocal most
        under_way.add(delivery.id)
        most = max(most, len(under_way))
        await go.wait()
        under_way.discard(delivery.id)
        await bench.take(delivery)

    bodies = [str(number) for number in range(12)]
    await bench.publish(*bodies)
    async with consuming(bench, take, prefetch=4):

        async def full() -> bool:
            return len(under_way) == 4

        await until("four at once", full)
        go.set()
        await bench.has(*bodies)
    assert most == 4


async def test_what_is_not_done_when_its_consumer_ends_comes_to_the_next_one(bench: Bench) -> None:
    taken = asyncio.Event()

    async def never(delivery: Delivery) -> None:
        taken.set()
        await asyncio.Event().wait()

    await bench.publish("a")
    async with consuming(bench, never):
        await within("the message", taken.wait())
    async with consuming(bench):
        await bench.has("a")


async def test_one_consumer_at_a_time_where_the_queue_says_so_and_the_next_one_goes_on(bench: Bench) -> None:
    single = Queue(f"{bench.name}.single", ((bench.name, "single"),), {"x-single-active-consumer": True})
    await bench.rabbit.declare(single)
    other = Bench(bench.url)
    async with consuming(bench, queue=single.name) as first:

        async def consumes() -> bool:
            return first.away is None

        await until("a consumer", consumes)
        async with consuming(other, other.take, queue=single.name):
            await bench.publish("a", "b", key="single")
            await bench.has("a", "b")
            assert other.got == []
            async with consuming(bench, queue=single.name):
                pass  # comes and goes: the first one stays
            await bench.publish("c", key="single")
            await bench.has("c")
    await bench.publish("d", key="single")
    async with consuming(other, other.take, queue=single.name):
        await other.has("d")
    await other.rabbit.close()


async def test_a_queue_that_is_deleted_while_it_is_consumed_is_made_again(bench: Bench) -> None:
    async with consuming(bench) as consumer:
        await bench.publish("a")
        await bench.has("a")
        async with await aio_pika.connect(bench.url) as connection:
            channel = await connection.channel()
            await channel.queue_delete(bench.name)

        async def published() -> bool:
            try:
                await bench.publish("b")
            except Unroutable:
                return False
            return True

        await until("the queue", published)
        await bench.has("b")
        assert consumer.away is None


async def test_killed_and_back_it_has_what_it_confirmed_and_goes_on_by_itself(servers: Stack, bench: Bench) -> None:
    waiting = Queue(f"{bench.name}.waiting", ((bench.name, "waiting"),))
    await bench.rabbit.declare(waiting)
    await bench.publish("confirmed", key="waiting")
    async with consuming(bench) as consumer:
        await bench.publish("before")
        await bench.has("before")
        await on_disk(servers, bench.name, waiting.name)
        await servers.stop("rabbit", signal.SIGKILL)

        async def away() -> bool:
            return consumer.away is not None

        await until("notice of the end", away)
        with pytest.raises(Unavailable, match="RabbitMQ"):
            await bench.publish("lost")
        await servers.start("rabbit")

        async def published() -> bool:
            try:
                await bench.publish("after")
            except Unavailable:
                return False
            return True

        await until("RabbitMQ back", published)
        await bench.has("after", seconds=60)
    async with consuming(bench, queue=waiting.name):
        await bench.has("confirmed", seconds=60)
    assert "lost" not in bench.bodies


async def test_one_that_hangs_is_said_to_be_away_within_bounds(servers: Stack, bench: Bench) -> None:
    await bench.publish("a")
    mark = servers.child("rabbit").mark
    assert mark is not None
    os.kill(mark.pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable, match="RabbitMQ"):
            await within("an error", bench.publish("b"))
    finally:
        os.kill(mark.pid, signal.SIGCONT)

    async def published() -> bool:
        try:
            await bench.publish("c")
        except Unavailable:
            return False
        return True

    await until("RabbitMQ back", published)
