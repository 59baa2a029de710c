"""What newer code wrote outlives a write of older code, wherever it stands in the JSON."""

from typing import Any

import msgspec
import pytest

from topics.contracts import all_topics
from topics.messages import unknown_fields


def kept(stored: Any, known: Any, after: Any) -> Any:
    return msgspec.json.decode(unknown_fields.kept(*(msgspec.json.encode(each) for each in (stored, known, after))))


@pytest.mark.parametrize(
    ("stored", "known", "after", "expected"),
    [
        ({"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1, "x": 9}, {"a": 1}, {"a": 2}, {"a": 2, "x": 9}),
        ({"a": 1}, {"a": 1, "b": 0}, {"a": 2, "b": 3}, {"a": 2, "b": 3}),
        ({"in": {"a": 1, "x": 9}}, {"in": {"a": 1}}, {"in": {"a": 2}}, {"in": {"a": 2, "x": 9}}),
        ({"in": {"a": 1, "x": 9}}, {"in": {"a": 1}}, {"in": None}, {"in": None}),
        ({"x": 9}, {}, {"x": 1}, {"x": 1}),
    ],
)
def test_a_field_that_is_unknown_stays_and_one_that_is_known_is_as_it_was_written(
    stored: Any, known: Any, after: Any, expected: Any
):
    assert kept(stored, known, after) == expected


def test_in_a_map_it_goes_with_its_key():
    stored = {"lines": {"m1": {"n": 1, "x": "one"}, "m2": {"n": 1, "x": "two"}}}
    known = {"lines": {"m1": {"n": 1}, "m2": {"n": 1}}}
    assert kept(stored, known, {"lines": {"m2": {"n": 5}, "m3": {"n": 1}}}) == {
        "lines": {"m2": {"n": 5, "x": "two"}, "m3": {"n": 1}}
    }


@pytest.mark.parametrize("name", ["id", "meal_id"])
def test_in_a_list_it_goes_with_what_has_the_same_id(name: str):
    stored = [{name: "a", "n": 1, "x": "A"}, {name: "b", "n": 1, "x": "B"}]
    known = [{name: "a", "n": 1}, {name: "b", "n": 1}]
    after = [{name: "c", "n": 1}, {name: "b", "n": 7}]
    assert kept(stored, known, after) == [{name: "c", "n": 1}, {name: "b", "n": 7, "x": "B"}]


def test_in_a_list_without_ids_it_goes_with_its_place_where_none_came_or_went():
    stored, known = [{"n": 1, "x": "A"}, {"n": 2, "x": "B"}], [{"n": 1}, {"n": 2}]
    assert kept(stored, known, [{"n": 1}, {"n": 3}]) == [{"n": 1, "x": "A"}, {"n": 3, "x": "B"}]
    assert kept(stored, known, [{"n": 2}]) == [{"n": 2}]


def test_text_stays_text():
    assert unknown_fields.kept('{"a":1,"x":9}', '{"a":1}', '{"a":2}') == '{"a":2,"x":9}'


def test_whatever_erases_says_so_in_its_name():
    """Unknown fields may hold what is personal. The events that docs/erasure.md names are told by how they are called."""
    names = {kind.__name__ for topic in all_topics().values() for kind in topic.messages if unknown_fields.erases(kind)}
    assert {"AccountErased", "PersonErased", "BookErased", "BasketErased", "OrderErased", "RecipientErased"} <= names
