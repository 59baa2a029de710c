"""What a guest chooses of a meal is lost nowhere: every type that has a line's quantity and note has its options, too."""

from collections.abc import Iterator

import pytest
from msgspec import inspect

from http_edge.routing.routes import Nothing
from tests.http_edge.requests import ROUTES
from topics.contracts import all_topics


def _structs(info: inspect.Type) -> Iterator[inspect.StructType]:
    match info:
        case inspect.StructType():
            yield info
            for field in info.fields:
                yield from _structs(field.type)
        case inspect.Metadata():
            yield from _structs(info.type)
        case inspect.UnionType():
            for each in info.types:
                yield from _structs(each)
        case inspect.ListType() | inspect.VarTupleType():
            yield from _structs(info.item_type)
        case _:
            pass


def _types() -> Iterator[type]:
    yield from (row.takes for row in ROUTES if row.takes is not Nothing)
    yield from (row.gives for row in ROUTES if isinstance(row.gives, type))
    yield from (message for topic in all_topics().values() for message in topic.messages)


LINES = {
    f"{each.cls.__module__}.{each.cls.__name__}": {field.encode_name for field in each.fields}
    for kind in _types()
    for each in _structs(inspect.type_info(kind))
    if {"quantity", "note"} <= {field.encode_name for field in each.fields}
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_has_options(name: str) -> None:
    assert "options" in LINES[name]


def test_there_are_lines_in_requests_answers_and_messages() -> None:
    assert {name.split(".")[0] for name in LINES} == {"http_edge", "topics"} and len(LINES) > 10
