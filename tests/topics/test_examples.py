"""Every message type has a recorded example, and every example can still be read."""

from pathlib import Path

import msgspec
import pytest

import topics
from topics.contracts import all_topics
from topics.messages.message import secret_fields
from topics.messages.topic import Topic
from topics.recording.older_forms import version_of

EXAMPLES = Path(topics.__file__).parent / "examples"
TOPICS = all_topics()
RECORDED = sorted(EXAMPLES.glob("*/*.json"))
TYPES = [(topic, kind) for topic in TOPICS.values() for kind in topic.messages]


def _topic(path: Path) -> Topic:
    return TOPICS[path.parent.name]


def _type_name(path: Path) -> str:
    """`AddItem` of `AddItem.json` and of `AddItem.least.json`."""
    return path.name.split(".")[0]


def _version(path: Path) -> str:
    return version_of(_topic(path), path)


@pytest.mark.parametrize(("topic", "kind"), TYPES, ids=[f"{t.name}-{k.__name__}" for t, k in TYPES])
def test_every_message_type_has_an_example(topic: Topic, kind: type) -> None:
    assert (EXAMPLES / topic.name / f"{kind.__name__}.json").exists()


@pytest.mark.parametrize("path", RECORDED, ids=[f"{p.parent.name}-{p.stem}" for p in RECORDED])
def test_an_example_is_read_and_survives_a_round_trip(path: Path) -> None:
    topic, name = _topic(path), _type_name(path)
    message = topic.decode(name, path.read_bytes(), _version(path))
    assert type(message).__name__ == name
    assert topic.decode(name, topic.encode(message), str(message.schema_version)) == message


def _public(topic: Topic) -> bool:
    return topic.untyped is not None or "other systems" in (*topic.producers, *topic.consumers)


@pytest.mark.parametrize("path", [p for p in RECORDED if _public(_topic(p))], ids=str)
def test_a_public_body_without_headers_is_read_as_the_same_type(path: Path) -> None:
    message = _topic(path).decode(None, path.read_bytes())
    assert type(message).__name__ == _type_name(path)


@pytest.mark.parametrize("path", RECORDED, ids=[f"{p.parent.name}-{p.stem}" for p in RECORDED])
def test_unknown_fields_are_ignored(path: Path) -> None:
    topic, name = _topic(path), _type_name(path)
    body = msgspec.json.decode(path.read_bytes())
    later = msgspec.json.encode({**body, "a_field_of_next_year": [1, {"a": None}]})
    assert topic.decode(name, later, _version(path)) == topic.decode(name, path.read_bytes(), _version(path))


@pytest.mark.parametrize(("topic", "kind"), TYPES, ids=[f"{t.name}-{k.__name__}" for t, k in TYPES])
def test_secret_fields_are_on_no_topic(topic: Topic, kind: type) -> None:
    path = EXAMPLES / topic.name / f"{kind.__name__}.json"
    example = topic.decode(kind.__name__, path.read_bytes(), _version(path))
    filled = msgspec.structs.replace(example, **dict.fromkeys(secret_fields(kind), "hush"))
    body = topic.encode(filled)
    assert b"hush" not in body
    assert not secret_fields(kind) & set(msgspec.json.decode(body))


def test_there_is_a_secret_to_leave_out() -> None:
    assert any(secret_fields(kind) for _, kind in TYPES)
