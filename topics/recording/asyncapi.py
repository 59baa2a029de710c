"""The AsyncAPI 3 document of all topics, made from their modules."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from topics.messages import headers
from topics.messages.message import Message
from topics.messages.topic import FOREVER, Topic
from topics.recording.schemas import Schema, components

PATH = Path(__file__).parents[2] / "docs" / "api" / "asyncapi.json"

_HEADERS = {
    headers.ID: "unique within its source",
    headers.TYPE: "name of the message type",
    headers.SOURCE: "who says so: lezzet/<domain> or lezzet/edge",
    headers.TIME: "RFC 3339, when the cause happened",
    headers.SUBJECT: "id of the aggregate",
    headers.SEQUENCE: "events: version of the aggregate after it, from 1, gapless",
    headers.SCHEMA_VERSION: "version of the message type, 1 when absent",
    headers.CORRELATION: "one user-visible flow",
    headers.CAUSATION: "id of the message that led to this one",
    headers.TRACEPARENT: "W3C trace context",
}


def document(topics: Mapping[str, Topic]) -> Schema:
    kinds = {kind: None for topic in topics.values() for kind in topic.messages}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Lezzet",
            "version": "1.0.0",
            "description": "Topics of the Lezzet platform. Bodies are bare JSON, everything about a message is in Kafka "
            "headers (CloudEvents 1.0, `ce_` form). Unknown fields are ignored.",
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(topic) for name, topic in topics.items()},
        "operations": {key: value for topic in topics.values() for key, value in _operations(topic).items()},
        "components": {
            "messages": {kind.__name__: _message(kind) for kind in kinds},
            "schemas": {**components(kinds, "#/components/schemas/{name}"), "Headers": _headers()},
        },
    }


def _channel(topic: Topic) -> Schema:
    retention = -1 if topic.retention == FOREVER else int(topic.retention.total_seconds() * 1000)
    return {
        "address": topic.name,
        "description": importlib.import_module(f"topics.contracts.{topic.name}").__doc__,
        "messages": {kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"} for kind in topic.messages},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {"retention.ms": retention, "max.message.bytes": topic.max_bytes},
                "bindingVersion": "0.5.0",
            }
        },
        "x-key": topic.key,
        "x-dead-letters": topic.dead_letters,
    }


def _operations(topic: Topic) -> Schema:
    """Who of ours sends and receives; other systems are the ones that read this."""
    sides: tuple[tuple[str, tuple[str, ...]], ...] = (("send", topic.producers), ("receive", topic.consumers))
    return {
        f"{name}.{action}.{topic.name}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{topic.name}"},
            "summary": f"{name} {action}s {topic.name}",
        }
        for action, names in sides
        for name in names
        if name != "other systems"
    }


def _message(kind: type[Message]) -> Schema:
    message: Schema = {
        "name": kind.__name__,
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
    }
    return {**message, "summary": " ".join(kind.__doc__.split())} if kind.__doc__ else message


def _headers() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": said} for name, said in _HEADERS.items()},
    }
