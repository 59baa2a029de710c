"""Makes the topics that have a contract, with their dead-letter topics. Of those that exist it sets what the contract says, and
leaves all else as operators have set it."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from aiokafka import AIOKafkaClient
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError, TopicAlreadyExistsError, for_code

from stores.kafka.brokers import Brokers
from stores.kafka.incremental import set_topic_settings
from stores.kafka.log import Place
from topics.messages.topic import FOREVER, Topic

_TRIES, _AGAIN = 50, 0.2  # and seconds between two of them
_DLQ_RETENTION = timedelta(days=30)
# Kafka removes a segment when its youngest record is too old: its oldest one may stay this much longer than the retention.
_SEGMENT = timedelta(days=1)
_BROKERS_DEFAULT = -1  # replicas: as many as operators want on this cluster (default.replication.factor)
_LARGE = 2 * 1024 * 1024  # bytes; twice that for dead letters: they have the original message, and headers that say why


async def ping(brokers: Brokers) -> None:
    """Raises KafkaError or OSError where no broker answers."""
    client = AIOKafkaClient(**brokers.arguments())
    try:
        await client.bootstrap()
        if not client.cluster.brokers():
            raise KafkaError("no broker in the metadata")
    finally:
        await client.close()


@asynccontextmanager
async def open_admin(brokers: Brokers, milliseconds: int = 20_000) -> AsyncGenerator[AIOKafkaAdminClient]:
    """milliseconds: of a request. Raises KafkaError or OSError."""
    admin = AIOKafkaAdminClient(**brokers.arguments(), request_timeout_ms=milliseconds)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def partition_counts(brokers: Brokers) -> dict[str, int]:
    """Topic → partitions. Raises KafkaError or OSError."""
    async with open_admin(brokers) as admin:
        return {each["topic"]: len(each["partitions"]) for each in await admin.describe_topics()}


async def committed(brokers: Brokers, group: str) -> dict[Place, int]:
    """How far a group has told that it is, where it has. Raises KafkaError or OSError."""
    async with open_admin(brokers) as admin:
        told = await _offsets(admin, group)
        return {Place(*place): said.offset for place, said in told.items() if said.offset >= 0}


async def _offsets(admin: AIOKafkaAdminClient, group: str) -> dict[Any, Any]:
    """Waits until there is a coordinator: a broker that no group has used yet makes the topic of the offsets first."""
    for _ in range(_TRIES):
        with suppress(GroupCoordinatorNotAvailableError):
            return await admin.list_consumer_group_offsets(group)
        await asyncio.sleep(_AGAIN)
    return await admin.list_consumer_group_offsets(group)


def settings_of(topic: Topic) -> dict[str, str]:
    """Kafka's configuration of a topic."""
    kept_forever = topic.retention == FOREVER
    segments = {} if kept_forever else {"segment.ms": _milliseconds(_SEGMENT)}
    return segments | {
        "retention.ms": "-1" if kept_forever else _milliseconds(topic.retention),
        "retention.bytes": "-1",
        "cleanup.policy": "delete",
        "message.timestamp.type": "LogAppendTime" if topic.append_time else "CreateTime",
        "max.message.bytes": str(_LARGE if kept_forever else max(topic.max_bytes, _LARGE)),
    }


def _milliseconds(time: timedelta) -> str:
    return str(int(time.total_seconds() * 1000))


def wanted(topics: Iterable[Topic]) -> dict[str, tuple[int, dict[str, str]]]:
    """Name → (partitions, configuration), the dead-letter topics among them."""
    found: dict[str, tuple[int, dict[str, str]]] = {}
    for topic in topics:
        found[topic.name] = (topic.partitions, settings_of(topic))
        dead = {"retention.ms": _milliseconds(_DLQ_RETENTION), "max.message.bytes": str(2 * _LARGE)}
        found[topic.dead_letters] = (1, dead)
    return found


async def make_topics(brokers: Brokers, topics: Iterable[Topic]) -> list[str]:
    """Returns the names that were made. Raises KafkaError."""
    async with open_admin(brokers) as admin:
        there = set(await admin.list_topics())
        plan = wanted(topics)
        new = {name: wish for name, wish in plan.items() if name not in there}
        if new:
            await _make(admin, new)
        old = {name: configuration for name, (_, configuration) in plan.items() if name in there}
        if old:
            await set_topic_settings(brokers, old)
        return sorted(new)


async def make_topic(brokers: Brokers, name: str, partitions: int, configuration: Mapping[str, str]) -> None:
    """One without a contract, if it is not there yet. Raises KafkaError."""
    async with open_admin(brokers) as admin:
        await _make(admin, {name: (partitions, configuration)})


async def raise_partitions(brokers: Brokers, topic: str, partitions: int) -> None:
    """Kafka makes the partitions that are missing. Raises KafkaError or OSError."""
    async with open_admin(brokers) as admin:
        await admin.create_partitions({topic: NewPartitions(partitions)})


async def _make(admin: AIOKafkaAdminClient, plan: Mapping[str, tuple[int, Mapping[str, str]]]) -> None:
    new = [
        NewTopic(name, partitions, _BROKERS_DEFAULT, replica_assignments={}, topic_configs=dict(configuration))
        for name, (partitions, configuration) in plan.items()
    ]
    answer: Any = await admin.create_topics(new)
    for name, code, *_ in answer.topic_errors:
        if code and for_code(code) is not TopicAlreadyExistsError:
            raise for_code(code)(name)
