"""Servers that are silent or gone: every answer within 3 seconds, where the machine is not busy with other things, and all well
again without a restart."""

import asyncio
import signal
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import NodeNotReadyError

from http_edge.routing.routes import CommandRow
from tests.deadline import BUSY, SECONDS, until
from tests.http_edge.client import Said
from tests.http_edge.conftest import World
from tests.http_edge.requests import BODIES, ROUTES
from topics import keys
from topics.messages.ids import derive

LINE = {"meal_id": "m-1", "quantity": 1}


async def until_ok(ask: Callable[[], Awaitable[Said]], seconds: float = SECONDS) -> None:
    end = time.monotonic() + seconds
    while (said := await ask()).status >= 300:
        assert said.status in (503, 202) and time.monotonic() < end, said.raw


@pytest_asyncio.fixture(loop_scope="session")
async def frozen_kafka(edge: World) -> AsyncGenerator[World]:
    """A broker that accepts and says nothing."""
    broker = edge.servers.child("kafka")
    broker.send(signal.SIGSTOP)
    try:
        yield edge
    finally:
        broker.send(signal.SIGCONT)


async def test_without_an_acknowledgement_a_write_is_withdrawn_and_503(frozen_kafka: World):
    edge = frozen_kafka
    began = time.monotonic()
    said = await edge.client(str(uuid.uuid4())).call("POST", "/carts/add", LINE)
    assert (said.status, said.headers["Retry-After"]) == (503, "2")
    assert 2.0 < time.monotonic() - began < BUSY
    assert [key async for key in edge.redis.scan_iter("fate:*")], "the command is withdrawn"


async def _oldest(brokers: str, topics: set[str]) -> float:
    """Seconds that a record may stand on one, as the broker has it: until the youngest of its segment is too old."""
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    await admin.start()

    async def told() -> list[Any]:
        try:
            return await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in topics])
        except NodeNotReadyError:
            return []  # the broker was frozen a moment ago

    try:
        resources = [resource for answer in await until("the settings", told) for resource in answer.resources]
    finally:
        await admin.close()
    assert len(resources) == len(topics)
    every = [{name: value for name, value, *_ in settings} for *_, settings in resources]
    return max(int(one["retention.ms"]) + int(one["segment.ms"]) for one in every) / 1000


async def test_a_withdrawal_is_kept_for_longer_than_its_command_may_stand_on_the_topic(edge: World):
    """Its domain may be down till then."""
    commands = {row.topic.name for row in ROUTES if isinstance(row, CommandRow)}
    oldest = await _oldest(edge.servers.endpoints.kafka, commands)
    broker = edge.servers.child("kafka")
    broker.send(signal.SIGSTOP)
    try:
        said = await edge.client(str(uuid.uuid4())).call("POST", "/carts/add", LINE)
    finally:
        broker.send(signal.SIGCONT)
    assert said.problem["code"] == "not_taken"
    (key,) = [key async for key in edge.redis.scan_iter("fate:*")]
    assert await edge.redis.ttl(key) > oldest + 3600


async def test_a_withdrawal_that_redis_could_not_take_is_made_when_it_is_back(frozen_kafka: World):
    edge, redis = frozen_kafka, frozen_kafka.servers.child("redis")
    redis.send(signal.SIGSTOP)
    try:
        said = await edge.client().call("POST", "/auth/verify-email", BODIES["POST /auth/verify-email"])
        assert (said.status, said.problem["code"]) == (503, "not_taken")
    finally:
        redis.send(signal.SIGCONT)

    async def withdrawn() -> bool:
        return [await edge.redis.get(key) async for key in edge.redis.scan_iter("fate:*")] == [keys.WITHDRAWN]

    await until("the command to be withdrawn", withdrawn)


async def test_without_an_acknowledgement_a_command_that_its_domain_has_taken_is_pending(frozen_kafka: World):
    edge, me = frozen_kafka, str(uuid.uuid4())
    command_id = derive(f"{me}\nPOST\n/carts/add", "k")
    asking = asyncio.create_task(edge.client(me).call("POST", "/carts/add", LINE, Idempotency_Key="k"))
    await edge.redis.set(keys.fate(command_id), keys.TAKEN)
    said = await asking
    assert (said.status, said.headers["Location"]) == (202, f"/operations/{command_id}")


async def test_what_was_answered_202_is_not_withdrawn_by_a_repeat_that_gets_no_acknowledgement(edge: World):
    me, key, broker = edge.client(str(uuid.uuid4())), uuid.uuid4().hex, edge.servers.child("kafka")
    await until_ok(lambda: me.call("POST", "/carts/add", LINE))  # the broker may have been frozen a moment ago
    edge.domains.behave(lambda command: None)
    first = await me.call("POST", "/carts/add", LINE, Idempotency_Key=key)
    assert first.status == 202, "it will take effect, the answer comes later"
    broker.send(signal.SIGSTOP)
    try:
        again = await me.call("POST", "/carts/add", LINE, Idempotency_Key=key)
    finally:
        broker.send(signal.SIGCONT)
    assert (again.status, again.json["operation_id"]) == (202, first.json["operation_id"])
    assert await edge.redis.get(keys.fate(first.json["operation_id"])) == keys.TAKEN


async def test_what_a_repeat_has_withdrawn_is_not_promised(edge: World):
    await until_ok(lambda: edge.client(str(uuid.uuid4())).call("POST", "/carts/add", LINE))
    edge.domains.behave(lambda command: None)
    me = str(uuid.uuid4())
    asking = asyncio.create_task(edge.client(me).call("POST", "/carts/add", LINE, Idempotency_Key=me))

    async def sent() -> list[str]:
        return [command.id for command in edge.domains.taken if command.key == me]

    (mine,) = await until("the command to be in Kafka", sent)  # others may come late, from before
    await edge.redis.set(keys.fate(mine), keys.WITHDRAWN)
    assert (await asking).status == 503


async def test_the_edge_writes_again_by_itself_once_kafka_is_back(edge: World):
    me = edge.client(str(uuid.uuid4()))
    await until_ok(lambda: me.call("POST", "/carts/add", LINE))


@pytest_asyncio.fixture(loop_scope="session")
async def frozen_redis(edge: World) -> AsyncGenerator[World]:
    server = edge.servers.child("redis")
    server.send(signal.SIGSTOP)
    try:
        yield edge
    finally:
        server.send(signal.SIGCONT)


async def test_a_silent_redis_is_503_within_the_time(frozen_redis: World):
    me = frozen_redis.client(str(uuid.uuid4()))
    asked = (
        ("GET", "/restaurants", None),
        ("GET", "/carts/get", None),
        ("POST", "/carts/add", LINE),
        ("POST", "/auth/login", BODIES["POST /auth/login"]),
        ("GET", "/health/ready", None),
    )
    for method, path, body in asked:
        began = time.monotonic()
        said = await me.call(method, path, body)
        assert said.status == 503, (path, said.raw)
        assert time.monotonic() - began < BUSY, path


async def test_reads_and_replies_come_back_with_redis(edge: World):
    me = edge.client(str(uuid.uuid4()))
    await until_ok(lambda: me.call("GET", "/carts/get"))
    await edge.servers.stop("redis", signal.SIGKILL)
    assert (await me.call("GET", "/carts/get")).status == 503
    await edge.servers.start("redis")
    await edge.ready()
    await until_ok(lambda: me.call("GET", "/carts/get"))
    await until_ok(lambda: me.call("POST", "/carts/add", LINE))

    async def heard() -> bool:
        """Sooner than a reply is looked for: that is after two seconds."""
        began = time.monotonic()
        said = await me.call("POST", "/carts/add", LINE)
        return said.status == 200 and time.monotonic() - began < 1.5

    await until("a reply to be heard again, not only found", heard)
