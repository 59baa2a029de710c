"""Side a: plain Faust as its manual shows it, one event at a time: one look, one write and one awaited publish each."""

import os
import tempfile
from typing import Any

import faust
import uvloop

from infra.bench.runtime.meter import Job, Meter
from infra.bench.runtime.sides.statements import Statements, opened
from infra.bench.runtime.sides.straight import RowIds, Straight
from stores.settings import Settings, load


async def run(job: Job, data: str) -> None:
    settings = load()
    async with opened(job.store, settings, job.schema) as store:
        await _run(job, data, settings, store)


async def _run(job: Job, data: str, settings: Settings, store: Statements) -> None:
    meter, straight = Meter(job.total), Straight(job.schema, job.topic)
    for partition in range(4):
        await store.open(straight.source(partition))
    app = faust.App(
        job.schema, broker=[f"kafka://{broker}" for broker in settings.kafka.addresses], datadir=data, web_enabled=False,
        topic_disable_leader=True, topic_allow_declare=False,
    )  # fmt: skip
    events = app.topic(straight.events, key_serializer="raw", value_serializer="raw")
    sent = dict[int, RowIds]()

    @app.agent(app.topic(job.topic, key_serializer="raw", value_serializer="raw"))
    async def add(stream: Any) -> None:
        async for event in stream.events():
            await one(event.message)
            meter.count(1)

    async def one(message: Any) -> None:
        source = straight.source(message.partition)
        commands = [straight.read(message.headers, message.key, message.value, int(message.timestamp * 1000))]
        work, after = straight.decide(commands, await store.look(commands, source)), message.offset + 1
        await store.write(work, source, after, sent.get(message.partition, ()))
        for made in work.events:
            await (await events.send(key=made.key, value=made.body, headers=made.headers))
        sent[message.partition] = work.ids(after)

    app.finalize()
    await app.start()
    await meter.done.wait()
    meter.tell()
    os._exit(0)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="lezzet-bench-") as folder:
        uvloop.run(run(Job.of_arguments(), folder))
