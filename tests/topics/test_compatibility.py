"""A change that breaks a reader or a publisher is refused; each kind of it is shown here to be."""

from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from topics.contracts import all_topics
from topics.generate import outputs, refusals
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.recording import asyncapi
from topics.recording.compatibility import breaks
from topics.recording.schemas import as_file, topic_schema

TOPICS = all_topics()


def test_nothing_that_was_promised_is_broken() -> None:
    assert refusals(TOPICS) == []


@pytest.mark.parametrize("path", outputs(TOPICS), ids=lambda path: path.name)
def test_generated_files_are_current(path: Path) -> None:
    assert path.exists() and path.read_bytes() == outputs(TOPICS)[path], "run `python -m topics.generate`"


class Item(msgspec.Struct):
    meal_id: str
    quantity: Annotated[int, Meta(ge=1, le=99)] = 1


class Ordered(Message, frozen=True, kw_only=True):
    order_id: Annotated[str, Meta(max_length=64, pattern="^[a-z]+$")]
    status: Literal["placed", "paid"]
    items: tuple[Item, ...] = ()
    prices: dict[str, float] = msgspec.field(default_factory=dict[str, float])
    note: str | None = None


class Cancelled(Message, frozen=True, kw_only=True):
    order_id: str


def _topic(*messages: type[Message], key: str = "order id") -> Topic:
    return Topic(name="test_events", messages=messages, key=key, producers=(), consumers=())


OLD = topic_schema(_topic(Ordered, Cancelled))


def _changed(**fields: Any) -> dict[str, Any]:
    """The topic after these fields of Ordered got other types; (type, default) or a type alone for a required one."""
    kept: dict[str, Any] = {
        "order_id": (Annotated[str, Meta(max_length=64, pattern="^[a-z]+$")],),
        "status": (Literal["placed", "paid"],),
        "items": (tuple[Item, ...], ()),
        "prices": (dict[str, float], msgspec.field(default_factory=dict)),
        "note": (str | None, None),
    }
    kept.update(fields)
    named = [(name, *said) for name, said in kept.items() if said is not None]
    kind = msgspec.defstruct("Ordered", named, bases=(Message,), frozen=True, kw_only=True)
    return topic_schema(_topic(kind, Cancelled))


class StrictItem(msgspec.Struct):
    meal_id: str
    quantity: Annotated[int, Meta(ge=1, le=10)] = 1


class WiderItem(msgspec.Struct):
    meal_id: str
    quantity: Annotated[float, Meta(ge=0)] = 1
    note: str = ""


BREAKING = {
    "a field is gone": ({"note": None}, "Ordered.note: the field is gone"),
    "a required field is new": ({"user_id": (str,)}, "Ordered.user_id: the field is newly required"),
    "an optional field is now required": ({"note": (str | None,)}, "Ordered.note: the field is newly required"),
    "a value of an enum is gone": ({"status": (Literal["placed"],)}, "Ordered.status: the value 'paid' is gone"),
    "another type": ({"note": (int | None, None)}, "Ordered.note: the type was string and is"),
    "null is not allowed any more": ({"note": (str, "")}, "Ordered.note: the type was null"),
    "a shorter text": ({"order_id": (Annotated[str, Meta(max_length=32, pattern="^[a-z]+$")],)}, "maxLength was 64"),
    "another pattern": ({"order_id": (Annotated[str, Meta(max_length=64, pattern="^[a-f]+$")],)}, "pattern was"),
    "a new lower bound": ({"order_id": (Annotated[str, Meta(min_length=1, max_length=64)],)}, "minLength was open"),
    "free text becomes an enum": ({"note": (Literal["a"] | None, None)}, "Ordered.note: any value was allowed"),
    "a narrower item": ({"items": (tuple[StrictItem, ...], ())}, "Ordered.items[].quantity: maximum was 99 and is 10"),
    "a narrower value of a dict": ({"prices": (dict[str, int], {})}, "Ordered.prices{}: the type was number"),
    "fewer items": ({"items": (Annotated[tuple[Item, ...], Meta(max_length=5)], ())}, "maxItems was open and is 5"),
}


@pytest.mark.parametrize(("fields", "said"), BREAKING.values(), ids=BREAKING)
def test_a_breaking_change_is_refused(fields: dict[str, Any], said: str) -> None:
    found = breaks(OLD, _changed(**fields))
    assert any(said in why for why in found), found


COMPATIBLE = {
    "nothing": {},
    "a new optional field": {"coupon": (str | None, None)},
    "a new value of an enum": {"status": (Literal["placed", "paid", "late"],)},
    "a longer text": {"order_id": (Annotated[str, Meta(max_length=128)],)},
    "a wider number, and a new field, in an item": {"items": (tuple[WiderItem, ...], ())},
    "an enum becomes free text": {"status": (str,)},
    "a required field becomes optional": {"order_id": (str, "")},
    "one more type": {"note": (str | int | None, None)},
}


@pytest.mark.parametrize("fields", COMPATIBLE.values(), ids=COMPATIBLE)
def test_a_compatible_change_is_let_through(fields: dict[str, Any]) -> None:
    assert breaks(OLD, _changed(**fields)) == []


def test_a_message_type_that_is_gone_is_refused() -> None:
    assert breaks(OLD, topic_schema(_topic(Ordered))) == ["Cancelled: the message type is gone"]


def test_a_new_message_type_is_let_through() -> None:
    assert breaks(topic_schema(_topic(Ordered)), OLD) == []


def test_another_key_is_refused() -> None:
    assert breaks(OLD, topic_schema(_topic(Ordered, Cancelled, key="user id")))


def test_the_command_refuses_what_contradicts_the_record(tmp_path: Path) -> None:
    recorded = deepcopy(topic_schema(TOPICS["basket_commands"]))
    recorded["$defs"]["AddItem"]["properties"]["colour"] = {"type": "string"}
    (tmp_path / "basket_commands.json").write_bytes(as_file(recorded))
    (tmp_path / "gone_events.json").write_bytes(as_file(OLD))
    assert refusals(TOPICS, tmp_path) == [
        "basket_commands: AddItem.colour: the field is gone; read by basket",
        "gone_events: the topic is gone",
    ]


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    return [found for value in node for found in _references(value)] if isinstance(node, list) else []


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi.document(TOPICS)
    found = _references(document)
    assert found
    for reference in found:
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_the_asyncapi_document_keeps_secrets_to_itself() -> None:
    registered = asyncapi.document(TOPICS)["components"]["schemas"]["AccountRegistered"]
    assert set(registered["properties"]) == {"email", "language", "verification"}
