"""How states and copies stand in a store, in their first form and in later ones."""

from typing import Any

import msgspec
import pytest

from topics.messages.stored_form import OtherForm, StoredForm
from topics.messages.upcasting import Body


class Weighed(msgspec.Struct, frozen=True):
    grams: int = 0
    by: str = ""


class Before(msgspec.Struct, frozen=True):
    """What code of before makes of it: every field has a default."""

    kilos: float = 0


def _in_grams(body: Body) -> Body:
    return {"grams": int(body["kilos"] * 1000), "more": "kept"}


def _with_name(body: Body) -> Body:
    return body | {"by": "nobody"}


FIRST, SECOND, THIRD = (
    StoredForm(Before),
    StoredForm(Weighed, (_in_grams,)),
    StoredForm(Weighed, (_in_grams, _with_name)),
)


def test_a_first_form_is_the_object_alone() -> None:
    assert FIRST.encode(Before(1.5)) == '{"kilos":1.5}'
    assert FIRST.plain('{"kilos":1.5}') == '{"kilos":1.5}'
    assert FIRST.decode('{"kilos":1.5}') == Before(1.5)


def test_each_older_form_is_read_by_the_steps_that_follow_it() -> None:
    assert THIRD.decode('{"kilos":1.5}') == Weighed(1500, "nobody")
    assert THIRD.decode('[2,{"grams":7}]') == Weighed(7, "nobody")
    assert THIRD.decode('[3,{"grams":7,"by":"ayse"}]') == Weighed(7, "ayse")
    assert THIRD.encode(Weighed(7, "ayse")) == '[3,{"grams":7,"by":"ayse"}]'


def test_unknown_fields_are_in_the_plain_json() -> None:
    assert msgspec.json.decode(THIRD.plain('{"kilos":1.5}')) == {"grams": 1500, "more": "kept", "by": "nobody"}
    assert THIRD.plain('[3,{"grams":7,"next_year":1}]') == '{"grams":7,"next_year":1}'
    assert THIRD.stored('{"grams":7,"next_year":1}') == '[3,{"grams":7,"next_year":1}]'


def test_a_store_may_write_the_json_in_its_own_way() -> None:
    assert THIRD.decode(b'[3, {"by": "ayse", "grams": 7}]') == Weighed(7, "ayse")


@pytest.mark.parametrize("form", [FIRST, SECOND], ids=["first", "second"])
def test_code_of_before_stops_at_a_newer_form(form: StoredForm[Any]) -> None:
    with pytest.raises(OtherForm, match="form 3, this code reads up to"):
        form.decode(THIRD.encode(Weighed(7)))


def test_code_from_before_there_were_forms_stops_too() -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected `object`, got `array`"):
        msgspec.json.decode(SECOND.encode(Weighed(7)), type=Before)


@pytest.mark.parametrize(
    "stored", ["[]", "[1]", "7", '"a"', "null", "[true,{}]", '["2",{}]', "[2,7]", "[0,{}]", "[2,{},{}]"]
)
def test_what_has_no_form_is_refused(stored: str) -> None:
    with pytest.raises((OtherForm, msgspec.MsgspecError)):
        SECOND.decode(stored)
