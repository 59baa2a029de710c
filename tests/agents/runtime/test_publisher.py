"""A producer that failed is replaced, and nothing of it stays behind."""

import asyncio
from typing import Any

from agents.runtime.sending.publisher import Publisher
from stores.protocol import OutboxRow
from tests.agents.runtime.world import World
from tests.deadline import within


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
