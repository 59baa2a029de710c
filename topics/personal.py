"""Message bodies without what says who somebody is: for engineers' screens, logs and exports.

Contracts, documents of views and states mark such fields as `Personal` (topics/values/fields.py). What no type describes (a
body of an unknown type, a field that is not in it) is masked by the names that personal fields have, at any depth. Mail
addresses are masked in every text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from msgspec import inspect

from topics.contracts import all_topics

MASK = "[personal]"
NAMES = frozenset(
    (
        "address", "addresses", "apartment", "birth_date", "born_date", "comment", "door_number", "email", "first_name",
        "floor", "full_address", "full_name", "gender", "gift_note", "last_name", "latitude", "longitude", "note", "notes",
        "phone", "phone_number", "street", "surname", "telephone", "zip_code",
    )
)  # fmt: skip
"""Names of fields that are personal where no type says otherwise."""

# Begins only where a word does: in a megabyte without a blank it would else look a million times for its end.
_MAIL = re.compile(
    r"(?<![^\s@,;:<>()\[\]\"'\\/=?&])[^\s@,;:<>()\[\]\"'\\/=?&]+@[^\s@,;:<>()\[\]\"'\\/=?&]+\.[^\s@,;:<>()\[\]\"'\\/=?&.]+"
)
_IN_TEXT = re.compile(
    rf'("(?:{"|".join(sorted(NAMES))})"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|-?[\d.]+)', re.IGNORECASE | re.DOTALL
)


@dataclass(slots=True)
class _Form:
    """What is known of a value: that it is personal, or the forms of its fields, by their names on the topic, or of its
    items."""

    personal: bool = False
    fields: dict[str, "_Form"] = field(default_factory=dict[str, "_Form"])
    items: "_Form | None" = None


def masked(body: Any, kind: type | str | None) -> Any:
    """A decoded JSON body, with MASK for each text or number that is personal. kind: the `ce_type` of a message, or the struct
    of a document or a state; None where it is not known."""
    return _masked(body, _form_of(kind) if isinstance(kind, type) else _forms().get(kind or ""))


def masked_text(text: str) -> str:
    """A text that is no JSON, or not whole: without mail addresses, and without what looks like a personal field."""
    return _MAIL.sub(MASK, _IN_TEXT.sub(rf'\1"{MASK}"', text))


def without_mails(value: Any) -> Any:
    """Any JSON data without mail addresses: for log lines, whose fields bear names of another meaning (a `floor`, an
    `address`)."""
    if isinstance(value, Mapping):
        return {name: without_mails(inner) for name, inner in cast(Mapping[str, Any], value).items()}
    if isinstance(value, list):
        return [without_mails(inner) for inner in cast(list[Any], value)]
    return _MAIL.sub(MASK, value) if isinstance(value, str) and "@" in value else value


@cache
def _form_of(kind: type) -> _Form:
    return _form(inspect.type_info(kind), {})


@cache
def _forms() -> Mapping[str, _Form]:
    kinds = (kind for topic in all_topics().values() for kind in topic.messages)
    return {kind.__name__: _form_of(kind) for kind in kinds}


def _form(info: inspect.Type, known: dict[type, _Form]) -> _Form:
    match info:
        case inspect.Metadata():
            return _Form(personal=True) if (info.extra or {}).get("personal") else _form(info.type, known)
        case inspect.StructType():
            return _of_struct(info, known)
        case inspect.UnionType():
            return _of_union([_form(each, known) for each in info.types])
        case inspect.ListType() | inspect.VarTupleType():
            return _Form(items=_form(info.item_type, known))
        case inspect.DictType():
            return _Form(items=_form(info.value_type, known))
        case _:
            return _Form()


def _of_struct(info: inspect.StructType, known: dict[type, _Form]) -> _Form:
    if info.cls not in known:  # a type may hold itself
        known[info.cls] = made = _Form()
        made.fields.update({each.encode_name: _form(each.type, known) for each in info.fields})
    return known[info.cls]


def _of_union(forms: list[_Form]) -> _Form:
    """Personal where one of the alternatives is."""
    if len(said := [each for each in forms if each.personal or each.fields or each.items is not None]) == 1:
        return said[0]
    fields = {name: form for each in said for name, form in each.fields.items()}
    items = next((each.items for each in said if each.items is not None), None)
    return _Form(any(each.personal for each in said), fields, items)


def _masked(value: Any, form: _Form | None) -> Any:
    if form is not None and form.personal:
        return _hidden(value)
    if isinstance(value, dict):
        return {name: _field(name, inner, form) for name, inner in cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [_masked(inner, None if form is None else form.items) for inner in cast(list[Any], value)]
    return without_mails(value)


def _field(name: str, value: Any, form: _Form | None) -> Any:
    if form is not None and name in form.fields:
        return _masked(value, form.fields[name])
    if form is not None and form.items is not None and not form.fields:
        return _masked(value, form.items)  # a dict, whose keys are no names of fields
    return _hidden(value) if name.lower() in NAMES else _masked(value, None)


def _hidden(value: Any) -> Any:
    """All that stands in it masked, but for what is empty, true or false. An engineer still sees whether a field was said."""
    if isinstance(value, dict):
        return {name: _hidden(inner) for name, inner in cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [_hidden(inner) for inner in cast(list[Any], value)]
    return value if value is None or value == "" or isinstance(value, bool) else MASK
