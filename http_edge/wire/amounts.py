"""Amounts on their way out: whole kuruş in documents and replies, lira with two decimals in the JSON that clients read.

Which members are amounts follows from the types (topics/values/kurus.py), so an answer is not decoded for it: their names are
looked for in its bytes. Our JSON has no spaces between tokens, and a quote within a text has a backslash before it, so
`{"price":` and `,"price":` are members and nothing else. An amount with a decimal point is of a document of before there were
kuruş, which stands until its view is built again: it is lira already.
"""

import re
from collections.abc import Callable, Iterable
from types import UnionType
from typing import Any, Generic, NamedTuple, TypeVar, get_args

import msgspec
from msgspec import inspect

from topics.values.kurus import FORM, of_lira

D = TypeVar("D", bound=msgspec.Struct)

_NOTHING = b"(?!)"
_OBJECT = rb'(?<=[{,])("(?:%b)":\{)((?:"(?:[^"\\]|\\.)*+":\d++,?)++)\}'
_EACH = re.compile(rb'("(?:[^"\\]|\\.)*+":)(\d+)')

Lira = Callable[[bytes], bytes]
"""The JSON of an answer with kuruş → the one with lira."""


def unchanged(body: bytes) -> bytes:
    return body


def lira_of(*kinds: Any) -> Lira:
    """For answers of these types; `unchanged` where they hold no amounts.

    Raises TypeError where a name stands for an amount in one place and for something else in another.
    """
    names = names_of(*kinds)
    members, objects = _member(names.members), re.compile(_OBJECT % _any_of(names.objects))

    def leaving(body: bytes) -> bytes:
        return members.sub(_in_lira, objects.sub(_all_in_lira, body) if names.objects else body)

    return leaving if names.members or names.objects else unchanged


def _member(names: Iterable[str]) -> re.Pattern[bytes]:
    """Finds the amounts of members. It begins with what texts rarely hold and ends with the names: that takes a third of the
    time of a pattern that begins with the names."""
    named = b"|".join(rb'(?<=[{,]"%b":)' % re.escape(name.encode()) for name in sorted(names)) or _NOTHING
    return re.compile(rb'(":)(?=\d)(?:%b)(\d+)(?![\d.eE])' % named)


def _in_lira(member: re.Match[bytes]) -> bytes:
    kurus = int(member[2])
    return b"%b%d.%02d" % (member[1], kurus // 100, kurus % 100)


def _all_in_lira(found: re.Match[bytes]) -> bytes:
    return found[1] + _EACH.sub(_in_lira, found[2]) + b"}"


class Documents(Generic[D]):
    """Reads documents of one type, also those of the generation of a view from before there were kuruş."""

    def __init__(self, kind: type[D]) -> None:
        self._decoder = msgspec.json.Decoder(kind)
        self._before = re.compile(rb'(?<=[{,])("(?:%b)":)(\d+[.eE][\d.eE+-]+)' % _any_of(names_of(kind).members))

    def decode(self, body: bytes) -> D:
        """Raises what msgspec raises."""
        try:
            return self._decoder.decode(body)
        except msgspec.ValidationError:
            return self._decoder.decode(self._before.sub(_in_kurus, body))


def _in_kurus(member: re.Match[bytes]) -> bytes:
    return b"%b%d" % (member[1], of_lira(float(member[2])))


def _any_of(names: Iterable[str]) -> bytes:
    return b"|".join(re.escape(name.encode()) for name in sorted(names)) or _NOTHING


class Names(NamedTuple):
    """members: of those that are amounts. objects: of those whose every member is one, whatever it is called."""

    members: frozenset[str]
    objects: frozenset[str]


def names_of(*kinds: Any) -> Names:
    """Of the amounts in answers of these types. Raises TypeError as lira_of()."""
    walk = _Walk()
    for kind in kinds:
        for each in get_args(kind) if isinstance(kind, UnionType) else (kind,):
            walk.through(inspect.type_info(each))
    both = (walk.amounts | walk.objects) & walk.others
    if both:
        raise TypeError(f"{', '.join(sorted(both))}: an amount and something else in one answer")
    return Names(frozenset(walk.amounts), frozenset(walk.objects))


class _Walk:
    """others: names of members that hold numbers which are no amounts."""

    def __init__(self) -> None:
        self.amounts, self.objects, self.others = set[str](), set[str](), set[str]()
        self._seen = set[type]()

    def through(self, info: inspect.Type) -> None:
        match info:
            case inspect.StructType():
                self._struct(info)
            case inspect.Metadata():
                self.through(info.type)
            case inspect.ListType() | inspect.VarTupleType():
                self.through(info.item_type)
            case inspect.DictType():
                self.through(info.value_type)
            case inspect.UnionType():
                for each in info.types:
                    self.through(each)
            case _:
                pass

    def _struct(self, info: inspect.StructType) -> None:
        if info.cls in self._seen:
            return
        self._seen.add(info.cls)
        for field in info.fields:
            kinds = set(_numbers(field.type))
            if FORM in kinds:
                self.amounts.add(field.encode_name)
            if None in kinds:
                self.others.add(field.encode_name)
            if isinstance(field.type, inspect.DictType):
                (self.objects if FORM in _numbers(field.type.value_type) else self.others).add(field.encode_name)
            self.through(field.type)


def _numbers(info: inspect.Type, form: str | None = None) -> Iterable[str | None]:
    """The forms of the numbers that a field may hold itself."""
    match info:
        case inspect.Metadata():
            yield from _numbers(info.type, (info.extra or {}).get("form"))
        case inspect.UnionType():
            for each in info.types:
                yield from _numbers(each, form)
        case inspect.IntType() | inspect.FloatType():
            yield form
        case _:
            pass
