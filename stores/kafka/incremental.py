"""Kafka's IncrementalAlterConfigs, which aiokafka does not have: it sets the named settings of topics, and leaves those that
are not named as they are. The older AlterConfigs, which aiokafka has, resets all that are not named."""

from collections.abc import Mapping

from aiokafka import AIOKafkaClient
from aiokafka.admin.config_resource import ConfigResourceType
from aiokafka.errors import for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int8, Int16, Int32, Schema, String

from stores.kafka.brokers import Brokers

_KEY, _SET = 44, 0

_Resources = list[tuple[int, str, list[tuple[str, int, str]]]]


class _Answer(Response):
    API_KEY = _KEY  # pyright: ignore[reportIncompatibleMethodOverride, reportAssignmentType]
    API_VERSION = 0  # pyright: ignore[reportIncompatibleMethodOverride, reportAssignmentType]
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "resources",
            Array(
                ("error_code", Int16),
                ("error_message", String("utf-8")),
                ("resource_type", Int8),
                ("resource_name", String("utf-8")),
            ),
        ),
    )


class _Struct(RequestStruct):
    API_KEY = _KEY
    API_VERSION = 0
    RESPONSE_TYPE = _Answer
    SCHEMA = Schema(
        (
            "resources",
            Array(
                ("resource_type", Int8),
                ("resource_name", String("utf-8")),
                (
                    "configs",
                    Array(
                        ("name", String("utf-8")),
                        ("config_operation", Int8),
                        ("value", String("utf-8")),
                    ),
                ),
            ),
        ),
        ("validate_only", Boolean),
    )


class _Ask(Request[_Struct]):
    API_KEY = _KEY

    def __init__(self, resources: _Resources) -> None:
        self._resources = resources

    def build(self, request_struct_class: type[_Struct]) -> _Struct:
        return request_struct_class(self._resources, False)


async def set_topic_settings(brokers: Brokers, wanted: Mapping[str, Mapping[str, str]]) -> None:
    """wanted: topic → its settings. Raises KafkaError: for the first topic whose settings are refused, or without a broker."""
    topics: _Resources = [
        (ConfigResourceType.TOPIC, topic, [(name, _SET, value) for name, value in settings.items()])
        for topic, settings in wanted.items()
    ]
    client = AIOKafkaClient(**brokers.arguments())
    try:
        await client.bootstrap()
        answer = await client.send(client.get_random_node(), _Ask(topics))
    finally:
        await client.close()
    for code, why, _, topic in answer.resources:
        if code:
            raise for_code(code)(f"{topic}: {why}")
