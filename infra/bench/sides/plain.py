"""Side a: plain Faust as its manual shows it, one event at a time: one transaction and one awaited publish each."""

import os
import tempfile
from typing import Any

import faust
import uvloop

from infra.bench.meter import Job, Meter
from infra.bench.sides.straight import Straight
from stores.postgres import statements
from stores.postgres.store import connect
from stores.settings import load


async def run(job: Job, data: str) -> None:
    settings, meter, straight = load(), Meter(job.total), Straight(job.schema, job.topic)
    pool = await connect(settings.postgres, job.schema)
    for partition in range(4):
        await pool.execute(statements.OPEN, *straight.source(partition), 0)
    app = faust.App(
        job.schema, broker=[f"kafka://{broker}" for broker in settings.kafka], datadir=data, web_enabled=False,
        topic_disable_leader=True, topic_allow_declare=False,
    )  # fmt: skip
    events = app.topic(straight.events, key_serializer="raw", value_serializer="raw")
    sent: dict[int, list[int]] = {}

    @app.agent(app.topic(job.topic, key_serializer="raw", value_serializer="raw"))
    async def add(stream: Any) -> None:
        async for event in stream.events():
            await one(event.message)
            meter.count(1)

    async def one(message: Any) -> None:
        source = straight.source(message.partition)
        commands = [straight.read(message.headers, message.key, message.value, int(message.timestamp * 1000))]
        async with pool.acquire() as connection:
            await connection.execute("begin")
            await connection.fetchrow(statements.LOCK, *source)
            rows = await connection.fetch(statements.READ, *straight.wanted(commands, source))
            work = straight.decide(commands, rows)
            done = sent.get(message.partition, [])
            row = await connection.fetchrow(statements.COMMIT, *source, message.offset + 1, *work.columns(done))
            await connection.execute("commit")
        for made in work.events:
            await (await events.send(key=made.key, value=made.body, headers=made.headers))
        assert row is not None
        sent[message.partition] = row["seqs"]

    app.finalize()
    await app.start()
    await meter.done.wait()
    meter.tell()
    os._exit(0)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="lezzet-bench-") as folder:
        uvloop.run(run(Job.of_arguments(), folder))
