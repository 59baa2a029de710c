"""Input against a message type: all that is wrong with it at once, in the words of the API, with the path of each field.

msgspec names the first fault only, and checks lengths before a text is in its normal form. This walk brings texts into the
form that their type names (topics/values/forms.py), then checks; msgspec makes the message of what it gives back.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec
from msgspec import inspect

from topics.values.faults import Fault, Faults, Invalid, wanted
from topics.values.kurus import FORM
from topics.values.value_checks import (
    Check,
    boolean_said,
    check_boolean,
    check_date,
    check_datetime,
    decimal_said,
    hundredths_check,
    literal_check,
    number_check,
    text_check,
    whole_said,
)

_NULL = "null is not possible here, leave it out to keep what it is"


class Validator:
    """Checks input against one type.

    texts: the input is a query string, so `3`, `true` and `a,b` stand for a number, a boolean and a list.
    A type with `extra={"null": "absent"}` takes null where the field may be left out: many clients write what they do not say
    as null.
    partial: for types of which each field is optional, with None for "leave it as it is". null is refused then: a client
    that sends null may mean to take the value away, which would silently not happen.
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


def _may_be_null(field: inspect.Field) -> bool:
    """Whether null says nothing, as the field's type has it. Without a default an absent field stays as it is: there null could
    also mean to take the value away, so it is refused."""
    extra = field.type.extra if isinstance(field.type, inspect.Metadata) else None
    return extra is not None and extra.get("null") == "absent" and field.default is not msgspec.NODEFAULT


class _Compiler:
    """A check for each kind of type that messages are made of."""

    def __init__(self, *, texts: bool) -> None:
        self._texts = texts

    def check(self, info: inspect.Type, form: str | None = None) -> Check:
        """form: the normal form of the text or number, where the type names one. Raises TypeError for types that messages
        must not have."""
        match info:
            case inspect.Metadata():
                return self.check(info.type, (info.extra or {}).get("form", form))
            case inspect.StructType():
                return self._struct(info)
            case inspect.ListType() | inspect.VarTupleType():
                return self._list(info)
            case inspect.DictType():
                return self._dict(info)
            case inspect.UnionType():
                return self._union(info)
            case inspect.AnyType():
                return lambda value, path, faults: value
            case _:
                return self._single(info, form)

    def _single(self, info: inspect.Type, form: str | None) -> Check:
        match info:
            case inspect.StrType():
                return text_check(info, form)
            case inspect.IntType():
                if form == FORM:
                    return self._lax(hundredths_check(info), decimal_said)
                return self._lax(number_check(info), whole_said)
            case inspect.FloatType():
                return self._lax(number_check(info), decimal_said)
            case inspect.BoolType():
                return self._lax(check_boolean, boolean_said)
            case inspect.LiteralType():
                return literal_check(info)
            case inspect.DateType():
                return check_date
            case inspect.DateTimeType():
                return check_datetime
            case _:
                raise TypeError(f"no check for {info}")

    def _struct(self, info: inspect.StructType) -> Check:
        fields = [(each.encode_name, each.required, _may_be_null(each), self.check(each.type)) for each in info.fields]

        def check(value: Any, path: str, faults: Faults) -> Any:
            if not isinstance(value, Mapping):
                return wanted("an object", value, path, faults)
            said, normal = cast(Mapping[str, Any], value), dict[str, Any]()
            for name, required, may_be_null, field in fields:
                place = name if path == "$" else f"{path}.{name}"
                if may_be_null and said.get(name) is None:
                    continue
                if name in said:
                    normal[name] = field(said[name], place, faults)
                elif required:
                    faults.append(Fault(place, "is required"))
            return normal

        return check

    def _lax(self, check: Check, read: Callable[[str], Any]) -> Check:
        """In a query string: checks what `read` makes of the text, or the text itself where `read` gives None."""
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
                return wanted("a list", value, path, faults)
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
                return wanted("an object", value, path, faults)
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
