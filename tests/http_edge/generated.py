"""Bodies that a row takes, and such as it just about refuses: made from the types of its fields, the same at each run."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from msgspec import inspect

from http_edge.routing.routes import AnyRow, CommandRow, Nothing
from topics.values.faults import Invalid
from topics.values.kurus import FORM
from topics.values.opening_hours import DAYS
from topics.values.validation import Validator

LETTERS = ("x", "ş", "😀", "e\u0301", '"', "\\", "\x01", "\u2028", "<", "'")
"""Of one to four bytes, of one and six in JSON, two that become one in normal form, and what other languages give a meaning."""

ALWAYS_WRONG: tuple[Any, ...] = ("\0", "\ud800", 10**30, {}, [[]])

TEXTS: Mapping[str | None, tuple[str, ...]] = {
    None: ("", " ", "a\nb", "\u0000".join("ab"), "r-1", "m:1.x_-", "https://örnek.example/ş?a=\"'", "{{x}}", "%s%n"),
    "line": ("", " ", "e\u0301", "a\u200db", "\u202eters", "a\nb"),
    "name": (" ", "e\u0301", "👨\u200d👩\u200d👧", "\u200b", "\u202eters", "'; drop table x; --"),
    "email": (
        "AYŞE@example.com", "a@Örnek.com", "a+b@example.com", f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.com",
        "a..b@example.com",
    ),
    "password": ("12345678", "ş" * 64, "\x01" * 128, "😀" * 32, "e\u0301" * 40),
    "phone": ("(0532) 111 22 33", "+44 20 7946 0958", "0))))))", "١٢٣٤٥٦٧٨٩٠"),
    "hours": ("22:00-02:00", "11:30-14:00,18:30-21:00", "00:00-24:00", "11:00-11:00", ",".join(["09:00-10:00"] * 40)),
    "time_zone": ("Asia/Kathmandu", "Pacific/Apia", "Etc/GMT+12", "Antarctica/Troll", "Mars/Base"),
    "day_or_time": (
        "0001-01-01", "9999-12-31", "9999-12-31T23:59", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00",
        "2027-03-28T02:30", "2024-02-29", "2027-02-29", "2027-01-01T10:00:00.999999Z",
    ),
    "today_or_time": ("today", " TODAY ", "0001-01-01T00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-12-31", "2027-01-01"),
    "coupon": ("", " yaz10 ", "İNDİRİM", "ş" * 64, "\U0001f600"),
    "new_coupon": (" yaz11 ", "İNDİRİM2", "A" * 32, "a" * 33, "a_-9"),
    "cart_id": ("0B9F8A52-6A3E-4D1C-9A77-3F2E1D0C5B4A", "0b9f8a52-6a3e-1d1c-9a77-3f2e1d0c5b4a"),
}  # fmt: skip
"""By normal form: what is odd and taken, and what is nearly right."""

MOMENTS = (
    "2027-01-01T10:00:00Z", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-14:00",
    "9999-12-31T23:59:59Z", "2026-11-26T18:30:00+05:45", "2026-11-26T18:30:00",
)  # fmt: skip
DAYS_OF_ALL = ("2026-12-31", "0001-01-01", "9999-12-31", "2024-02-29", "2027-02-29")

MOST_NESTED = 6
"""Bodies of a part, where a row takes a list of them."""


def bodies(row: AnyRow, good: Mapping[str, Any], most: int) -> Iterator[dict[str, Any]]:
    """`good`; everything at its largest at once; then `good` with one field at its limits, odd, wrong or left out. At most so
    many of these: which ones is drawn by the row's name, so that all rows together try everything."""
    kind = inspect.type_info(row.takes)
    assert isinstance(kind, inspect.StructType)
    tried = {field.encode_name: values(field.type) for field in kind.fields}
    one_other = [dict(good) | {name: value} for name, some in tried.items() for value in some]
    left_out = [_without(good, name) for name in tried if name in good]
    one_other = random.Random(row.name).sample(one_other, min(most, len(one_other)))
    yield dict(good)
    yield _largest(row, good, tried)
    yield from (*left_out, *one_other)


def asked(row: AnyRow, most: int) -> list[str]:
    """Query strings: none, then with one of its parameters, odd or not. At most so many."""
    if row.asks is Nothing:
        return [""]
    kind = inspect.type_info(row.asks)
    assert isinstance(kind, inspect.StructType)
    said = [(field.encode_name, value) for field in kind.fields for value in values(field.type)]
    texts = [
        f"?{urlencode({name: value})}" for name, value in said if isinstance(value, str | int) and value != "\ud800"
    ]
    return ["", *random.Random(row.name).sample(texts, min(most, len(texts)))]


def _largest(row: AnyRow, good: Mapping[str, Any], tried: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Each field as long as its type allows, those first that are short, until the body is as large as the row reads. What
    `good` names stays: its ids are those of things that there are."""
    validator, longest = Validator(row.takes, partial=isinstance(row, CommandRow) and row.partial), dict[str, Any]()
    for name, some in tried.items():
        taken = [value for value in some if name not in good and _is_taken(validator, dict(good) | {name: value})]
        if taken:
            longest[name] = max(taken, key=_size)
    largest = dict(good)
    for name, value in sorted(longest.items(), key=lambda each: _size(each[1])):
        if _size(largest | {name: value}) < row.body_bytes:
            largest[name] = value
    return largest


def _size(value: Any) -> int:
    return len(json.dumps(value))


def _is_taken(validator: Validator, body: Mapping[str, Any]) -> bool:
    try:
        validator.validated(body)
    except Invalid:
        return False
    return True


def _without(good: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in good.items() if each != name}


def values(info: inspect.Type, form: str | None = None) -> list[Any]:
    """Of a type: each of its limits, one past it, and what is odd."""
    match info:
        case inspect.Metadata():
            return values(info.type, (info.extra or {}).get("form", form))
        case inspect.UnionType():
            others = [each for each in info.types if not isinstance(each, inspect.NoneType)]
            return [None, *values(others[0])]
        case inspect.StrType():
            return [*_texts(info, form), *ALWAYS_WRONG]
        case inspect.IntType() | inspect.FloatType():
            return _numbers(info, form)
        case inspect.BoolType():
            return [True, False, 1, "true", None]
        case inspect.LiteralType():
            return [*info.values, "nothing of these", None, 1, []]
        case inspect.DateType():
            return [*DAYS_OF_ALL, 1, None]
        case inspect.DateTimeType():
            return [*MOMENTS, 1, None]
        case inspect.ListType() | inspect.VarTupleType():
            return _lists(info)
        case inspect.DictType():
            return _dicts(info)
        case inspect.StructType():
            return _structs(info)
        case _:
            raise TypeError(f"nothing is made for {info}")


def _texts(info: inspect.StrType, form: str | None) -> list[str]:
    """Also the longest ones, in letters of each kind, and one letter more than that."""
    most = info.max_length or 64
    long = [letter * (most // len(letter)) for letter in LETTERS]
    return [*TEXTS[form], *long, "x" * (most + 1), *(["x" * (info.min_length - 1)] if info.min_length else [])]


def _numbers(info: inspect.IntType | inspect.FloatType, form: str | None) -> list[Any]:
    scale = 100 if form == FORM else 1
    bounds = [bound / scale for bound in (info.ge, info.le, info.gt, info.lt) if bound is not None]
    step = 1 if scale == 1 and isinstance(info, inspect.IntType) else 0.01
    near = [value for bound in bounds for value in (bound - step, bound, bound + step)]
    whole = [int(value) if value == int(value) else value for value in near]
    return [*whole, 0, -0.0, 1, 1.0, 0.1 + 0.2, 90.005, 1e15, 2**53 + 1, 2**63, 10**30, -1, True, "1", None]


def _lists(info: inspect.ListType | inspect.VarTupleType) -> list[Any]:
    parts = [value for value in values(info.item_type) if value is not None]
    most = min(info.max_length or 100, 100)
    one = _sample(info.item_type)
    longest = max(parts, key=_size)
    return [[], [one, one], [one] * most, [one] * (most + 1), [longest] * most, *([part] for part in parts), {}, "x"]


def _dicts(info: inspect.DictType) -> list[Any]:
    named = isinstance(info.key_type, inspect.LiteralType)
    keys = list(DAYS) if named else ["a", "ş" * 60, ""]
    parts = values(info.value_type)
    return [{}, *(dict.fromkeys(keys, part) for part in parts), {"nothing of these": parts[0]}, [], None]


def _structs(info: inspect.StructType) -> list[Any]:
    good = _sample(info)
    fields = [{**good, each.encode_name: value} for each in info.fields for value in values(each.type)]
    drawn = random.Random(info.cls.__name__).sample(fields, min(MOST_NESTED, len(fields)))
    return [good, {}, "x", *drawn]


def _sample(info: inspect.Type) -> Any:
    """What is plainly right."""
    match info:
        case inspect.StructType():
            return {each.encode_name: _sample(each.type) for each in info.fields if each.required}
        case inspect.Metadata():
            return _text_of(info.extra) if isinstance(info.type, inspect.StrType) else _sample(info.type)
        case inspect.UnionType():
            return _sample(next(each for each in info.types if not isinstance(each, inspect.NoneType)))
        case inspect.StrType():
            return "Acı"
        case inspect.LiteralType():
            return info.values[0]
        case inspect.DateType():
            return DAYS_OF_ALL[0]
        case inspect.ListType() | inspect.VarTupleType():
            return [_sample(info.item_type)] * (info.min_length or 1)
        case inspect.DictType():
            return {}
        case inspect.BoolType():
            return True
        case _:
            return getattr(info, "ge", None) or 1


def _text_of(extra: Mapping[str, Any] | None) -> str:
    form = (extra or {}).get("form")
    return "Acı" if form in (None, "line", "name") else TEXTS[form][0]
