"""Publishers with transactions: what was given up was never said, and a partition does not wait at a transaction's end."""

import uuid
from collections.abc import AsyncGenerator

import msgspec
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidTransactionTimeout

from tests.agents.publishers.audience import Audience
from tests.deadline import until
from topics.messages import headers


class Sender:
    """Says UserCreated, to partition 0."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self.producer = producer

    async def say(self, count: int) -> list[str]:
        names = [f"u-{uuid.uuid4()}" for _ in range(count)]
        for name in names:
            body = msgspec.json.encode({"id": name, "email": "guest@example.com"})
            await self.producer.send_and_wait(
                "user_created", body, partition=0, headers=[(headers.ID, name.encode()), (headers.SOURCE, b"tests")]
            )
        return names


def _producer(audience: Audience, seconds: int) -> AIOKafkaProducer:
    name = f"tests-{uuid.uuid4()}"
    return AIOKafkaProducer(
        bootstrap_servers=audience.broker, transactional_id=name, transaction_timeout_ms=seconds * 1000
    )


@pytest_asyncio.fixture(loop_scope="session")
async def sender(audience: Audience) -> AsyncGenerator[Sender]:
    async with _producer(audience, 60) as producer:
        yield Sender(producer)


async def test_what_was_committed_takes_effect_once_and_what_was_given_up_never(audience: Audience, sender: Sender):
    committed: list[str] = []
    given_up: list[str] = []
    for count in (1, 2, 1, 3):
        await sender.producer.begin_transaction()
        given_up += await sender.say(count)
        await sender.producer.abort_transaction()
        async with sender.producer.transaction():
            committed += await sender.say(count)

    async def pending() -> bool:
        keys = [record.key for record in await audience.seat.all_of("user_events")]
        return all(keys.count(name.encode()) == 1 for name in committed)

    await until("each committed message to have its one event", pending)
    said = [record.key for record in await audience.seat.all_of("user_commands")]
    assert [said.count(name.encode()) for name in committed] == [1] * len(committed)
    assert [said.count(name.encode()) for name in given_up] == [0] * len(given_up)
    await audience.at_the_end("user_created")


async def test_what_is_not_committed_yet_is_waited_for_and_then_takes_effect(audience: Audience, sender: Sender):
    await sender.producer.begin_transaction()
    (early,) = await sender.say(1)
    await audience.at_the_end("user_created")
    assert await audience.seat.all_of("user_commands", early) == []
    await sender.producer.commit_transaction()
    await until("it to take effect", lambda: audience.seat.all_of("user_commands", early))


async def test_a_transactions_end_at_the_end_of_the_log_leaves_no_view_behind(audience: Audience, sender: Sender):
    """Of an event topic, whose last record is none: without more the view would not be ready after Redis was emptied."""
    await sender.producer.begin_transaction()
    await sender.producer.send_and_wait("user_events", b"{}", partition=0)
    await sender.producer.abort_transaction()
    await audience.at_the_end("user_events")


async def test_a_transaction_that_is_left_open_ends_when_it_said(audience: Audience):
    """A publisher that died: the broker looks every ten seconds."""
    async with _producer(audience, 1) as dead, AIOKafkaProducer(bootstrap_servers=audience.broker) as plain:
        await dead.begin_transaction()
        (lost,) = await Sender(dead).say(1)
        (behind,) = await Sender(plain).say(1)

        async def taken_in() -> bool:
            return bool(await audience.seat.all_of("user_commands", behind))

        await until("what is behind the open transaction to take effect", taken_in)
    assert await audience.seat.all_of("user_commands", lost) == []


async def test_nobody_may_leave_one_open_for_longer_than_a_minute(audience: Audience):
    producer = _producer(audience, 61)
    with pytest.raises(InvalidTransactionTimeout):
        await producer.start()
    await producer.stop()
