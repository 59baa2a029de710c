"""`python -m tests.agents.runtime.member RUN`: one process of the small domain on the topics of one test.

A process of its own: Faust's tasks do not let go of an event loop that is to be closed.
"""

import asyncio
import sys
from dataclasses import replace

from agents.runtime.health import Health
from agents.runtime.process import BOUNDS, Bounds, Process, leave
from agents.runtime.readiness import Readiness
from agents.runtime.runtime import Resources, Runtime
from stores import telemetry
from stores.postgres.store import PostgresStore, connect
from stores.settings import Settings, load
from tests.agents.runtime.tally import DECIDER, topics_of
from topics.messages.topic import Topic

PARTITIONS = 2
STUCK = 4.0  # seconds without a turn of the fetch loop


def flow_of(run: str) -> tuple[Topic, Topic]:
    """Commands of two partitions, so that two members have something to share."""
    commands, events = topics_of(run)
    return replace(commands, name=f"{run}_flow", partitions=PARTITIONS), events


async def take_part(settings: Settings, run: str, bounds: Bounds = BOUNDS) -> int:
    """Returns the exit code."""
    telemetry.configure(run, settings.log_level)
    pool = await connect(settings.postgres, "tally")
    runtime = Runtime(run, PostgresStore(pool, "tally"), Resources.of(settings))
    commands, events = flow_of(run)
    runtime.decide(commands, DECIDER, emits=events)
    process = Process(runtime.groups(), bounds)
    process.listen()
    if settings.agents_health_port:
        await Health(process, Readiness(process), stuck=STUCK).start("127.0.0.1", settings.agents_health_port)
    return await process.run()


if __name__ == "__main__":
    asyncio.run(leave(take_part(load(), sys.argv[1])))
