"""A topic that is deleted and made anew in an instant, under a process that holds leases on it: a real broker."""

import asyncio
import sys
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from infra.layout.folders import CHECKOUT
from infra.stack.stack import Stack
from stores.kafka.admin import make_topics
from tests.agents.runtime.flow import Flow
from tests.agents.runtime.member import flow_of
from tests.agents.runtime.transport.test_rebalance import MODULE
from tests.deadline import until


async def _make_anew(flow: Flow) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=str(flow.world.settings.kafka))
    await admin.start()
    await admin.delete_topics([flow.topic])
    await admin.close()

    async def made() -> bool:
        try:
            return bool(await make_topics(flow.world.settings.kafka, [flow_of(flow.world.run)[0]]))
        except KafkaError:
            return False

    await until("the topic is made anew", made)


async def test_what_comes_at_places_that_were_done_in_the_old_log_is_not_passed_over_in_silence(
    servers: Stack, flow: Flow, tmp_path: Path
):
    said = tmp_path / "log"
    with said.open("wb") as log:
        environment = servers.environment() | {"AGENTS_HEALTH_PORT": "0", "LOG_LEVEL": "info"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", MODULE, flow.world.run, env=environment, cwd=CHECKOUT, stdout=log, stderr=log
        )
        try:
            await flow.say(10)
            await until("the old commands to be done", flow.done)
            await _make_anew(flow)
            await flow.say(1)  # at the beginnings of the new logs: other ids, other amounts

            async def told() -> bool:
                return b"partition_stopped" in said.read_bytes() or await flow.done()

            await until("them to be done, or their partitions to be stopped loudly", told)
        finally:
            process.terminate()
            await process.wait()
