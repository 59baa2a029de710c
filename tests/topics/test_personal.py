"""What says who somebody is: marked in contracts, documents and states, and masked wherever engineers see them."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from replay.shadow import domains
from stores.settings import load
from topics import documents
from topics.contracts import all_topics
from topics.documents.account import User
from topics.documents.analytics import Report
from topics.documents.browse import Restaurant
from topics.documents.courier import Courier
from topics.documents.order import Order, OrderTimeline
from topics.messages.message import secret_fields
from topics.personal import MASK, NAMES, masked, masked_text, without_mails
from topics.values.areas import Corner
from topics.values.fields import Address

TOPICS = all_topics()
PUBLIC = {
    Address: "where a restaurant is, for its guests",
    Corner: "where a restaurant delivers, for its guests",
    Report: "what is missing in a restaurant's figures",
}


def _structs(info: inspect.Type, seen: dict[type, inspect.StructType]) -> dict[type, inspect.StructType]:
    """All types that a type is made of."""
    match info:
        case inspect.Metadata():
            _structs(info.type, seen)
        case inspect.StructType() if info.cls not in seen:
            seen[info.cls] = info
            for each in info.fields:
                _structs(each.type, seen)
        case inspect.UnionType():
            for each in info.types:
                _structs(each, seen)
        case inspect.ListType() | inspect.VarTupleType():
            _structs(info.item_type, seen)
        case inspect.DictType():
            _structs(info.value_type, seen)
        case _:
            pass
    return seen


def _leaves(info: inspect.Type, marked: bool) -> Iterator[bool]:
    """Whether each text, number or date of a field is marked. Structs are looked at on their own."""
    match info:
        case inspect.Metadata():
            yield from _leaves(info.type, marked or bool((info.extra or {}).get("personal")))
        case inspect.UnionType():
            for each in info.types:
                yield from _leaves(each, marked)
        case inspect.ListType() | inspect.VarTupleType():
            yield from _leaves(info.item_type, marked)
        case inspect.DictType():
            yield from _leaves(info.value_type, marked)
        case inspect.StrType() | inspect.FloatType() | inspect.IntType() | inspect.DateType():
            yield marked
        case _:
            return


def _documents() -> Iterator[type[msgspec.Struct]]:
    for module in pkgutil.iter_modules(documents.__path__, f"{documents.__name__}."):
        for each in vars(importlib.import_module(module.name)).values():
            if isinstance(each, type) and issubclass(each, msgspec.Struct):
                yield each


def _stored() -> Iterator[type[msgspec.Struct]]:
    """States, and copies of facts."""
    for domain in domains.every(load({})):
        yield domain.decider.state
        yield from (table.document for table in domain.decider.fact_tables)


KINDS: dict[type, inspect.StructType] = {}
for _kind in (*(kind for topic in TOPICS.values() for kind in topic.messages), *_documents(), *_stored()):
    _structs(inspect.type_info(_kind), KINDS)
NAMED = [(cls, each) for cls, info in KINDS.items() for each in info.fields if each.encode_name in NAMES]


def test_there_are_such_fields() -> None:
    assert len(NAMED) > 60 and {each.encode_name for _, each in NAMED} >= {"email", "phone", "address", "gift_note"}


@pytest.mark.parametrize(("cls", "field"), NAMED, ids=[f"{c.__name__}.{f.encode_name}" for c, f in NAMED])
def test_a_field_whose_name_says_personal_is_marked(cls: type[msgspec.Struct], field: inspect.Field) -> None:
    if field.name in secret_fields(cls):
        return  # on no topic
    assert cls in PUBLIC or all(_leaves(field.type, marked=False)), "type it Personal[…]"


def test_a_reader_of_the_topic_finds_it_in_the_schema() -> None:
    _, found = msgspec.json.schema_components([TOPICS["user_events"].messages[2]])
    assert found["Profile"]["properties"]["phone"] == {"type": "string", "x-personal": True}


ADDRESS = {"id": "a1", "title": "Evim", "address": "Lale Sk. 3", "city": "Ankara", "latitude": 39.9, "floor": None}


@pytest.mark.parametrize(
    ("kind", "body", "shown"),
    [
        ("AddressAdded", {"address": ADDRESS, "default_id": "a1"},
         {"address": {"id": "a1", "title": MASK, "address": MASK, "city": "Ankara", "latitude": MASK, "floor": None},
          "default_id": "a1"}),
        ("PlaceOrder", {"items": [{"meal_id": "m1", "note": "no onions"}], "gift_note": "for Can", "note": ""},
         {"items": [{"meal_id": "m1", "note": MASK}], "gift_note": MASK, "note": ""}),
        ("OpenRestaurant", {"name": "Köşe", "address": {"address": "Main St"}, "email": "x@y.tr"},
         {"name": "Köşe", "address": {"address": "Main St"}, "email": MASK}),
        ("RegisterCourier", {"name": "Can"}, {"name": MASK}),
        ("VerificationMail", {"to": "ayse@example.com", "variables": {"token": "t"}},
         {"to": MASK, "variables": {"token": "t"}}),
        ("VerificationMail", {"to": "a-user-id"}, {"to": "a-user-id"}),
        ("ProfileCompleted", {"profile": {"full_name": "A", "born_date": "1990-01-01"}, "of_next_year": {"phone": "1"}},
         {"profile": {"full_name": MASK, "born_date": MASK}, "of_next_year": {"phone": MASK}}),
        ("PreferencesChanged", {"preferences": {"email": True}}, {"preferences": {"email": True}}),
        ("CancelOrder", {"reason": "call me: 0555"}, {"reason": MASK}),
        ("RejectOrder", {"reason": "no gas, ask a@b.de"}, {"reason": f"no gas, ask {MASK}"}),
    ],
)  # fmt: skip
def test_a_body_is_masked_as_its_contract_says(kind: str, body: Any, shown: Any) -> None:
    assert masked(body, kind) == shown


@pytest.mark.parametrize(
    ("kind", "body", "shown"),
    [
        (Courier, {"id": "u1", "name": "Can"}, {"id": "u1", "name": MASK}),
        (User, {"full_name": "A", "of_next_year": {"phone": "1"}}, {"full_name": MASK, "of_next_year": {"phone": MASK}}),
        (Order, {"restaurant_name": "Köşe", "reason": "I have moved", "items": [{"name": "Mantı", "note": "hot"}]},
         {"restaurant_name": "Köşe", "reason": MASK, "items": [{"name": "Mantı", "note": MASK}]}),
        (OrderTimeline, {"moments": [{"status": "cancelled", "reason": "I have moved"}]},
         {"moments": [{"status": "cancelled", "reason": MASK}]}),
        (Restaurant, {"name": "Köşe", "address": {"address": "Main St"}, "phone_number": "1"},
         {"name": "Köşe", "address": {"address": "Main St"}, "phone_number": MASK}),
    ],
)  # fmt: skip
def test_a_document_is_masked_as_its_struct_says(kind: type, body: Any, shown: Any) -> None:
    assert masked(body, kind) == shown


@pytest.mark.parametrize("kind", [None, "OfSomebodyElse"])
def test_a_body_without_a_contract_is_masked_by_the_names_of_fields(kind: str | None) -> None:
    body = {"who": {"Full_Name": "A", "age": 7, "addresses": [{"title": "Ev", "address": {"x": "y"}}]}, "email": False}
    assert masked(body, kind) == {
        "who": {"Full_Name": MASK, "age": 7, "addresses": [{"title": MASK, "address": {"x": MASK}}]}, "email": False,
    }  # fmt: skip


@pytest.mark.parametrize("body", [None, 7, "text", True, [1, [2]], {}, ["a@b.de"], {"note": [{"a": 1.5}, "x", ""]}])
def test_whatever_is_no_object_stays_what_it_is(body: Any) -> None:
    for kind in (None, "AddressAdded"):
        assert type(masked(body, kind)) is type(body)
    assert "@" not in str(masked(body, None)) and "1.5" not in str(masked(body, None))


def test_texts_that_are_no_json_lose_addresses_and_what_looks_like_a_field() -> None:
    text = masked_text('{"phone": "+90 555", "id": 7, to ayse.k+x@mail.example.com, "note": "cut off')
    assert text == f'{{"phone": "{MASK}", "id": 7, to {MASK}, "note": "{MASK}"'


def test_log_lines_lose_mail_addresses_only() -> None:
    line = {"event": "refused a@b.de", "floor": 7, "address": "127.0.0.1:9092", "fields": {"why": ["x@y.zz"]}}
    assert without_mails(line) == {
        "event": f"refused {MASK}", "floor": 7, "address": "127.0.0.1:9092", "fields": {"why": [MASK]},
    }  # fmt: skip
