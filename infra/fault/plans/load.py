"""Sends a plan straight to the topics with a plain Kafka client, at an even pace, some messages twice."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaProducer

from infra.fault.plans.plan import SOURCE
from infra.fault.plans.planned import Planned
from topics.messages import headers

FLIGHT = 1000  # messages without an acknowledgement at most
BOUND = 60.0  # seconds for the last acknowledgements


def headers_of(planned: Planned) -> list[tuple[str, bytes]]:
    """Like the edge's, but for the deadline: these commands must happen however late."""
    if planned.id is None:
        return []
    found = {
        headers.ID: planned.id,
        headers.SOURCE: SOURCE,
        **headers.of_type(type(planned.message)),
        headers.TIME: datetime.now(UTC).isoformat(),
        headers.SUBJECT: planned.key,
        headers.CORRELATION: planned.id,
        headers.OPERATION: planned.id,  # so that the inbox keeps the outcome
        **({headers.CALLER: planned.caller} if planned.caller else {}),
    }
    return [(name, value.encode()) for name, value in found.items()]


async def send(brokers: str, plan: Sequence[Planned], seconds: float = 0.0) -> int:
    """Returns when all is acknowledged: how many messages went out. seconds: spread evenly over them."""
    producer = AIOKafkaProducer(bootstrap_servers=brokers, acks="all", enable_idempotence=True, linger_ms=2)
    await producer.start()
    try:
        return await _send(producer, plan, seconds)
    finally:
        await producer.stop()


async def _send(producer: AIOKafkaProducer, plan: Sequence[Planned], seconds: float) -> int:
    loop, later, flight, sent = asyncio.get_running_loop(), dict[int, list[Planned]](), list[Any](), 0
    begun = loop.time()
    for place in range(len(plan) + max((each.again or 0 for each in plan), default=0)):
        if seconds and place < len(plan):
            await asyncio.sleep(max(0.0, begun + seconds * place / len(plan) - loop.time()))
        due = later.pop(place, [])
        if place < len(plan):
            due.append(plan[place])
            if plan[place].again is not None:
                later.setdefault(place + (plan[place].again or 0), []).append(plan[place])
        flight += [await _one(producer, each) for each in due]
        sent += len(due)
        if len(flight) >= FLIGHT:
            await asyncio.wait_for(asyncio.gather(*flight), BOUND)
            flight.clear()
    await asyncio.wait_for(asyncio.gather(*flight), BOUND)
    return sent


async def _one(producer: AIOKafkaProducer, planned: Planned) -> Any:
    body = planned.topic.encode(planned.message)
    return await producer.send(planned.topic.name, body, key=planned.key.encode(), headers=headers_of(planned))
