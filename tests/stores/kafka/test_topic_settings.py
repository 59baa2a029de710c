"""Making topics again keeps what operators have set on them, and sets what their contracts say."""

import uuid
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import InvalidConfigurationError

from infra.stack.stack import Stack
from stores.kafka.admin import make_topics
from stores.kafka.incremental import set_topic_settings
from topics.messages.topic import Topic


@pytest_asyncio.fixture
async def admin(servers: Stack) -> AsyncGenerator[AIOKafkaAdminClient]:
    made = AIOKafkaAdminClient(bootstrap_servers=servers.endpoints.kafka)
    await made.start()
    yield made
    await made.close()


def _topic() -> Topic:
    return Topic(name=f"t{uuid.uuid4().hex[:8]}_events", messages=(), key="", producers=(), consumers=(), partitions=1)


async def _settings(admin: AIOKafkaAdminClient, topic: str) -> dict[str, str]:
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    return {name: value for name, value, *_ in answer.resources[0][4]}


async def test_what_an_operator_set_stays_and_what_the_contract_says_is_set(servers: Stack, admin: AIOKafkaAdminClient):
    brokers = servers.endpoints.brokers
    topic = replace(_topic(), retention=timedelta(days=3))
    assert topic.name in await make_topics(brokers, [topic])
    operators = {"min.insync.replicas": "1", "segment.bytes": "104857600", "retention.ms": "60000"}
    await set_topic_settings(brokers, {topic.name: operators, topic.dead_letters: {"segment.bytes": "1048576"}})
    assert await make_topics(brokers, [topic]) == []
    found = await _settings(admin, topic.name)
    assert found["segment.bytes"] == "104857600", "the contract does not say it"
    assert found["retention.ms"] == str(3 * 24 * 3600 * 1000), "the contract says it"
    assert (await _settings(admin, topic.dead_letters))["segment.bytes"] == "1048576"


async def test_a_setting_that_kafka_refuses_is_an_error(servers: Stack):
    topic = _topic()
    await make_topics(servers.endpoints.brokers, [topic])
    with pytest.raises(InvalidConfigurationError, match=topic.name):
        await set_topic_settings(servers.endpoints.brokers, {topic.name: {"retention.ms": "long"}})
