"""/health/live says whether the process makes progress, not whether Kafka is there: a supervisor kills by it."""

import asyncio
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import monotonic

import aiohttp
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

from infra.layout.folders import CHECKOUT
from infra.stack.stack import Stack
from tests.agents.runtime.flow import Flow
from tests.agents.runtime.member import STUCK
from tests.deadline import until, within

LIVES_AGAIN = 12.0
"""Seconds within which a process that was stopped from outside lives again; less than a rebalance of these tests may take."""


class Member:
    """A process, and what it says of its health."""

    def __init__(self, process: Process, port: int, http: aiohttp.ClientSession) -> None:
        self.process, self._http = process, http
        self._url = f"http://127.0.0.1:{port}"

    async def live(self) -> bool:
        async with self._http.get(f"{self._url}/health/live") as answer:
            return answer.status == 200

    async def lives(self) -> bool:
        return not await self.is_dead()

    async def is_dead(self) -> bool:
        """It says so, or does not answer, which a supervisor takes for the same."""
        try:
            return not await self.live()
        except TimeoutError:
            return True

    async def ready(self) -> bool:
        try:
            async with self._http.get(f"{self._url}/health/ready") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def holds(self, partitions: int) -> bool:
        try:
            async with self._http.get(f"{self._url}/metrics") as answer:
                lines = (await answer.text()).splitlines()
        except TimeoutError:
            return False
        return any(float(line.split()[-1]) == partitions for line in lines if line.startswith("lezzet_leased"))

    async def lives_for(self, seconds: float) -> None:
        end = monotonic() + seconds
        while monotonic() < end:
            # the machine may stop a process for longer than it may be stuck: then it lives again when it goes on
            await until(f"it to live, {end - monotonic():.1f} s before the end", self.lives, LIVES_AGAIN)
            await asyncio.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def member(servers: Stack, run: str, what: str | None = None) -> AsyncGenerator[Member]:
    """what: is broken by SIGUSR1."""
    port = _free_port()
    module = ("tests.agents.runtime.member",) if what is None else ("tests.agents.runtime.unwell", what)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *module, run, cwd=CHECKOUT,
        env=servers.environment() | {"LOG_LEVEL": "error", "AGENTS_HEALTH_PORT": str(port)},
    )  # fmt: skip
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as http:
        try:
            made = Member(process, port, http)
            await until("the member to be ready", made.ready)
            yield made
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


@asynccontextmanager
async def without_kafka(servers: Stack) -> AsyncGenerator[None]:
    await servers.stop("kafka", signal.SIGKILL)
    try:
        yield
    finally:
        await servers.start("kafka")


class Slow(ConsumerRebalanceListener):
    """Another member of the group that takes its time to give up its partitions: the rebalance waits for it."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.began = asyncio.Event()

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        if revoked:
            self.began.set()
            await self.go.wait()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None: ...


@asynccontextmanager
async def other(flow: Flow, slow: Slow | None = None) -> AsyncGenerator[None]:
    """A plain consumer in the group."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=str(flow.world.settings.kafka), group_id=flow.group, enable_auto_commit=False,
        partition_assignment_strategy=[RoundRobinPartitionAssignor], session_timeout_ms=20_000,
        rebalance_timeout_ms=20_000,
    )  # fmt: skip
    consumer.subscribe([flow.topic], listener=slow)
    joining = asyncio.create_task(consumer.start())
    try:
        yield
    finally:
        joining.cancel()
        await asyncio.wait([joining])
        await asyncio.wait_for(consumer.stop(), 20)


@asynccontextmanager
async def a_long_rebalance(flow: Flow, one: Member) -> AsyncGenerator[Slow]:
    """`one` has given up its partitions and waits to get others."""
    slow = Slow()
    async with other(flow, slow):
        await until("the partitions to be shared", lambda: one.holds(1))
        async with other(flow):
            await within("the slow one to be asked for its partitions", slow.began.wait())
            await until("the member to have given up its own", lambda: one.holds(0))
            try:
                yield slow
            finally:
                slow.go.set()


async def test_a_process_lives_while_a_rebalance_takes_long(servers: Stack, flow: Flow):
    async with member(servers, flow.world.run) as one:
        async with a_long_rebalance(flow, one):
            await one.lives_for(2 * STUCK)
        await flow.say(2)
        await until("all commands to be done", flow.done)


async def test_a_process_lives_when_kafka_goes_in_the_middle_of_a_rebalance(servers: Stack, flow: Flow):
    async with member(servers, flow.world.run) as one:
        async with a_long_rebalance(flow, one) as slow, without_kafka(servers):
            slow.go.set()
            await one.lives_for(2 * STUCK)
        await flow.say(2)
        await until("all commands to be done", flow.done)
        assert await one.live()


async def test_a_rebalance_may_take_longer_than_a_consumer_may_be_idle(servers: Stack, flow: Flow):
    async with member(servers, flow.world.run, "may_be_idle_for_a_second") as one:
        async with a_long_rebalance(flow, one) as slow, without_kafka(servers):
            slow.go.set()
            await one.lives_for(STUCK)
        await flow.say(2)
        await until("all commands to be done", flow.done)


async def test_a_process_lives_without_kafka_and_goes_on_when_it_is_back(servers: Stack, flow: Flow):
    async with member(servers, flow.world.run) as one:
        await flow.say(2)
        async with without_kafka(servers):
            await one.lives_for(2 * STUCK)
        again = asyncio.create_task(until("all commands to be done", flow.done))
        while not again.done():
            await one.lives_for(0.2)
        await again


async def test_a_process_whose_fetch_loop_hangs_is_not_alive(servers: Stack, flow: Flow):
    async with member(servers, flow.world.run, "stops_fetching") as one:
        await one.lives_for(STUCK / 2)
        one.process.send_signal(signal.SIGUSR1)
        await until("it to be told", one.is_dead)


async def test_a_process_whose_consumer_blocks_its_loop_is_not_alive(servers: Stack, flow: Flow):
    async with member(servers, flow.world.run, "blocks_in_its_fetch") as one:
        one.process.send_signal(signal.SIGUSR1)
        await until("it to be told", one.is_dead)


async def test_a_process_that_hangs_in_a_rebalance_is_not_alive(servers: Stack, flow: Flow):
    async with member(servers, flow.world.run, "hangs_at_a_revoke") as one:
        one.process.send_signal(signal.SIGUSR1)
        async with other(flow):
            await until("it to be told", one.is_dead)
