"""JSON Schemas of the topics, made from the message types. What is recorded of them is what readers were promised."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from topics.messages.message import Message, secret_fields
from topics.messages.topic import FOREVER, Topic

RECORDED = Path(__file__).parents[1] / "schemas"

Schema = dict[str, Any]


def components(types: Iterable[type[Message]], template: str) -> Schema:
    """Name → schema of these types and all that they are made of; secret fields are on no topic, so not in here.

    template: where `{name}` of a reference is found, e.g. `#/$defs/{name}`.
    """
    kinds = tuple(types)
    _, found = msgspec.json.schema_components(kinds, ref_template=template)
    for kind in kinds:
        for name in secret_fields(kind):
            del found[kind.__name__]["properties"][name]
    return found


def topic_schema(topic: Topic) -> Schema:
    """Everything that a reader of the topic may rely on."""
    versions = {kind.__name__: kind.schema_version for kind in topic.messages if kind.schema_version > 1}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": topic.name,
        "key": topic.key,
        "producers": list(topic.producers),
        "consumers": list(topic.consumers),
        "retention_hours": retention_hours(topic.retention),
        "messages": sorted(kind.__name__ for kind in topic.messages),
        "$defs": components(topic.messages, "#/$defs/{name}"),
        **({"versions": versions} if versions else {}),
    }


def retention_hours(retention: timedelta) -> int | None:
    """None: for ever."""
    return None if retention == FOREVER else int(retention.total_seconds() // 3600)


def recorded(topic: Topic, folder: Path = RECORDED) -> Schema | None:
    path = folder / f"{topic.name}.json"
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Any]) if path.exists() else None


def as_file(document: Mapping[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=2) + b"\n"
