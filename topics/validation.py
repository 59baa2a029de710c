"""Input against a message type: all that is wrong with it at once, in the words of the API, with the path of each field.

msgspec names the first fault only, and checks lengths before a text is in its normal form. This walk brings texts into the
form that their type names (topics/forms.py), then checks; msgspec makes the message of what it gives back.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple, cast

import msgspec
from msgspec import inspect

from topics.fields import PATTERNS
from topics.forms import FORMS, NotInForm

MOST_FAULTS = 50
"""A body of 256 KiB may hold a hundred thousand of them; nobody reads more."""

_INTEGER, _NUMBER = re.compile(r"-?\d{1,18}", re.ASCII), re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)
_NULL = "null is not possible here, leave it out to keep what it is"
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class Fault(NamedTuple):
    """field: path such as `items[0].quantity`, `$` for the whole. why: in words that follow `field: `."""

    field: str
    why: str


Faults = list[Fault]
Check = Callable[[Any, str, Faults], Any]
"""(value, path, faults so far) → the value in its normal form. What is wrong is added to the faults."""


class Invalid(ValueError):
    def __init__(self, faults: Faults) -> None:
        super().__init__("; ".join(f"{field}: {why}" for field, why in faults))
        self.faults = tuple(faults[:MOST_FAULTS])


class Validator:
    """Of one type. texts: the values are texts of a query string, where `3`, `true` and `a,b` stand for what they say.

    partial: what is absent stays as it is, and None in the type means just that; so null says nothing and is refused.
    """

    def __init__(self, kind: type[msgspec.Struct], *, texts: bool = False, partial: bool = False) -> None:
        self._kind = kind
        self._fields = [field.encode_name for field in msgspec.structs.fields(kind)] if partial else []
        self._check = _Compiler(texts=texts).check(inspect.type_info(kind))

    def validated(self, value: Any) -> Any:
        """An instance of the type. Raises Invalid with everything that is wrong."""
        faults: Faults = []
        normal = self._check(value, "$", faults)
        said = cast(Mapping[str, Any], value) if isinstance(value, Mapping) else {}
        faults += [Fault(name, _NULL) for name in self._fields if name in said and said[name] is None]
        if faults:
            raise Invalid(faults)
        return msgspec.convert(normal, self._kind)


def named(value: Any) -> str:
    """What a JSON value is, in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"


def _wanted(what: str, value: Any, path: str, faults: Faults) -> None:
    faults.append(Fault(path, f"{what} is needed, not {named(value)}"))


class _Compiler:
    """A check for each kind of type that messages are made of."""

    def __init__(self, *, texts: bool) -> None:
        self._texts = texts

    def check(self, info: inspect.Type, form: str | None = None) -> Check:
        match info:
            case inspect.Metadata():
                return self.check(info.type, (info.extra or {}).get("form", form))
            case inspect.StructType():
                return self._struct(info)
            case inspect.StrType():
                return _text(info, form)
            case inspect.IntType() | inspect.FloatType():
                return self._number(info)
            case inspect.BoolType():
                return self._lax(_boolean, _BOOLEANS.get)
            case inspect.ListType() | inspect.VarTupleType():
                return self._list(info)
            case inspect.DictType():
                return self._dict(info)
            case inspect.UnionType():
                return self._union(info)
            case inspect.LiteralType():
                return _literal(info)
            case inspect.DateType():
                return _date
            case inspect.DateTimeType():
                return _datetime
            case inspect.AnyType():
                return lambda value, path, faults: value
            case _:
                raise TypeError(f"no check for {info}")

    def _struct(self, info: inspect.StructType) -> Check:
        fields = [(each.encode_name, each.required, self.check(each.type)) for each in info.fields]

        def check(value: Any, path: str, faults: Faults) -> Any:
            if not isinstance(value, Mapping):
                return _wanted("an object", value, path, faults)
            said, normal = cast(Mapping[str, Any], value), dict[str, Any]()
            for name, required, field in fields:
                place = name if path == "$" else f"{path}.{name}"
                if name in said:
                    normal[name] = field(said[name], place, faults)
                elif required:
                    faults.append(Fault(place, "is required"))
            return normal

        return check

    def _number(self, info: inspect.IntType | inspect.FloatType) -> Check:
        whole = isinstance(info, inspect.IntType)
        bounds = _bounds(info)

        def check(value: Any, path: str, faults: Faults) -> Any:
            if isinstance(value, bool) or not isinstance(value, int | float):
                return _wanted("a whole number" if whole else "a number", value, path, faults)
            if not _is_finite(value):
                faults.append(Fault(path, "is larger than any number may be"))
                return value
            if whole and value != int(value):
                faults.append(Fault(path, "a whole number is needed"))
                return value
            for allows, why in bounds:
                if not allows(value):
                    faults.append(Fault(path, why))
                    return value
            return int(value) if whole else value

        return self._lax(check, _whole if whole else _decimal)

    def _lax(self, check: Check, read: Callable[[str], Any]) -> Check:
        """In a query string: the text as what it says, as it is where it says nothing such."""
        if not self._texts:
            return check

        def lax(value: Any, path: str, faults: Faults) -> Any:
            said = read(value) if isinstance(value, str) else None
            return check(value if said is None else said, path, faults)

        return lax

    def _list(self, info: inspect.ListType | inspect.VarTupleType) -> Check:
        item = self.check(info.item_type)
        least, most = info.min_length, info.max_length

        def check(value: Any, path: str, faults: Faults) -> Any:
            if not isinstance(value, list):
                return _wanted("a list", value, path, faults)
            items = cast(list[Any], value)
            if most is not None and len(items) > most:
                faults.append(Fault(path, f"at most {most} entries, there are {len(items)}"))
                return items
            if least is not None and len(items) < least:
                faults.append(Fault(path, f"at least {least} entries"))
            return [item(each, f"{path}[{place}]", faults) for place, each in enumerate(items)]

        return self._lax(check, lambda text: [part.strip() for part in text.split(",") if part.strip()])

    def _dict(self, info: inspect.DictType) -> Check:
        key, item = self.check(info.key_type), self.check(info.value_type)

        def check(value: Any, path: str, faults: Faults) -> Any:
            if not isinstance(value, Mapping):
                return _wanted("an object", value, path, faults)
            said = cast(Mapping[str, Any], value)
            return {key(name, path, faults): item(each, f"{path}.{name[:64]}", faults) for name, each in said.items()}

        return check

    def _union(self, info: inspect.UnionType) -> Check:
        """`X | None`: the types of messages have no other unions."""
        empty = any(isinstance(each, inspect.NoneType) for each in info.types)
        others = [each for each in info.types if not isinstance(each, inspect.NoneType)]
        if len(others) != 1:
            raise TypeError(f"no check for {info}")
        other = self.check(others[0])

        def check(value: Any, path: str, faults: Faults) -> Any:
            return None if value is None and empty else other(value, path, faults)

        return check


def _text(info: inspect.StrType, form: str | None) -> Check:
    least, most = info.min_length or 0, info.max_length
    normal = FORMS[form] if form is not None else None
    pattern = None if info.pattern is None or form is not None else re.compile(info.pattern)
    wanted = PATTERNS.get(info.pattern or "", "another form")

    def check(value: Any, path: str, faults: Faults) -> Any:
        if not isinstance(value, str):
            return _wanted("text", value, path, faults)
        try:
            said = value if normal is None else normal(value)
            said.encode()
        except NotInForm as error:
            faults.append(Fault(path, str(error)))
        except UnicodeEncodeError:
            faults.append(Fault(path, "is no text: half of a surrogate pair stands alone"))
        else:
            if most is not None and len(said) > most:
                faults.append(Fault(path, f"at most {most} characters, these are {len(said)}"))
            elif len(said) < least:
                faults.append(Fault(path, "is empty" if least == 1 else f"at least {least} characters"))
            elif pattern is not None and pattern.search(said) is None:
                faults.append(Fault(path, f"must be {wanted}"))
            return said
        return value

    return check


def _literal(info: inspect.LiteralType) -> Check:
    allowed = info.values
    listed = ", ".join(str(each) for each in allowed)

    def check(value: Any, path: str, faults: Faults) -> Any:
        if value not in allowed:
            faults.append(Fault(path, f"must be one of {listed}"))
        return value

    return check


def _boolean(value: Any, path: str, faults: Faults) -> Any:
    return value if isinstance(value, bool) else _wanted("true or false", value, path, faults)


def _date(value: Any, path: str, faults: Faults) -> Any:
    try:
        return date.fromisoformat(value) if len(value) == 10 else date.fromisoformat("-")
    except (TypeError, ValueError):
        faults.append(Fault(path, "must be a day that there is, such as 1990-05-01"))


def _datetime(value: Any, path: str, faults: Faults) -> Any:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        faults.append(Fault(path, "must be a time such as 2026-03-01T19:30:00+03:00"))
        return None
    if found.tzinfo is None:
        faults.append(Fault(path, "must say its time zone, as in 2026-03-01T19:30:00+03:00"))
    return found


def _bounds(info: inspect.IntType | inspect.FloatType) -> list[tuple[Callable[[float], bool], str]]:
    found: list[tuple[Callable[[float], bool], str]] = []
    if (least := info.ge) is not None:
        found.append((lambda value: value >= least, f"at least {_plain(least)}"))
    if (above := info.gt) is not None:
        found.append((lambda value: value > above, f"more than {_plain(above)}"))
    if (most := info.le) is not None:
        found.append((lambda value: value <= most, f"at most {_plain(most)}"))
    if (below := info.lt) is not None:
        found.append((lambda value: value < below, f"less than {_plain(below)}"))
    if isinstance(info, inspect.IntType) and info.le is None:
        found.append((lambda value: value < 2**63, f"at most {2**63 - 1}"))
    return found


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # an int beyond what a float holds
        return True


def _whole(text: str) -> int | None:
    return int(text) if _INTEGER.fullmatch(text) else None


def _decimal(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None
