"""A producer that failed is replaced, and nothing of it stays behind."""

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from agents.runtime.sending.publisher import Publisher
from stores.protocol import OutboxRow
from tests.agents.runtime.world import World
from tests.deadline import until, within


async def test_a_producer_that_cannot_flush_is_cut_off(world: World):
    publisher = Publisher(world.settings.kafka)
    await publisher.publish([OutboxRow("kafka", world.events.name, b"a", "[]", b"{}")])
    producer: Any = publisher._producer  # type: ignore[attr-defined]

    async def never() -> None:
        await asyncio.Event().wait()

    producer._message_accumulator.close = never
    await within("the end of the producer", publisher.stop())
    assert producer._sender.sender_task.done()
    assert not producer.client._conns or all(not c.connected() for c in producer.client._conns.values())


async def test_a_batch_that_ends_while_its_producer_starts_leaves_nothing_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    starting, made, begun = AIOKafkaProducer.start, list[Any](), asyncio.Event()

    async def for_ever(producer: AIOKafkaProducer) -> None:
        await starting(producer)
        made.append(producer)
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(AIOKafkaProducer, "start", for_ever)
    publisher = Publisher(world.settings.kafka)
    batch = asyncio.create_task(publisher.publish([OutboxRow("kafka", world.events.name, b"a", "[]", b"{}")]))
    await within("a producer that starts", begun.wait())
    batch.cancel()

    async def over() -> bool:
        return made[0]._sender.sender_task.done()

    await until("the end of the producer", over)
    assert publisher._producer is None  # type: ignore[attr-defined]
