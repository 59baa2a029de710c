"""Which changes of a topic's schema break somebody: the messages that stand on it for ever, or publishers of today.

Refused: a message type that is gone, a field that is gone or newly required, a narrower type, range, length, pattern
or set of values. Allowed: new message types, new optional fields, wider everything; and any change of a type whose version is
counted up, since upcasters read what was there before. What a schema cannot say (the meaning of a field) no check can keep.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def breaks(old: Schema, new: Schema) -> list[str]:
    """What a change from one topic schema to the other breaks, in words; empty where nothing."""
    return list(_topic_breaks(old, new))


def _topic_breaks(old: Schema, new: Schema) -> Iterator[str]:
    if old["key"] != new["key"]:
        yield f"the key was {old['key']!r} and is {new['key']!r}"
    for name in old["messages"]:
        if name not in new["messages"]:
            yield f"{name}: the message type is gone"
        elif _version(new, name) < _version(old, name):
            yield f"{name}: the version was {_version(old, name)} and is {_version(new, name)}"
        elif _version(new, name) == _version(old, name):
            yield from _Change(old["$defs"], new["$defs"]).breaks(old["$defs"][name], new["$defs"][name], name)


def _version(schema: Schema, name: str) -> int:
    return schema.get("versions", {}).get(name, 1)


class _Change:
    def __init__(self, old: Schema, new: Schema) -> None:
        self._old = old
        self._new = new

    def breaks(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        """Every form that was allowed must still be: one of the new forms has to take it."""
        offered = _forms(new, self._new)
        for form in _forms(old, self._old):
            tries = [list(self._form_breaks(form, other, path)) for other in offered]
            yield from min(tries, key=len)

    def _form_breaks(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        values = _values(new)
        if values is not None:
            yield from _values_breaks(_values(old), values, path)
            return
        if "type" in new and not _type_fits(old, new["type"]):
            yield f"{path}: the type was {old.get('type', 'open')} and is {new['type']}"
            return
        yield from _bounds_breaks(old, new, path)
        yield from self._object_breaks(old, new, path)
        for inner, mark in (("items", "[]"), ("additionalProperties", "{}"), ("propertyNames", "{key}")):
            if isinstance(new.get(inner), Mapping):
                yield from self.breaks(old.get(inner, {}), new[inner], path + mark)

    def _object_breaks(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in new.get("required", ()):
            if name not in old.get("required", ()):
                yield f"{path}.{name}: the field is newly required"
        for name, schema in before.items():
            if name in after:
                yield from self.breaks(schema, after[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}: the field is gone"


def _forms(schema: Schema, definitions: Schema) -> list[Schema]:
    """The alternatives of a schema, references followed."""
    if "$ref" in schema:
        return _forms(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    if "anyOf" in schema:
        return [form for one in schema["anyOf"] for form in _forms(one, definitions)]
    return [schema]


def _values(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")


def _values_breaks(old: list[Any] | None, new: list[Any], path: str) -> Iterator[str]:
    if old is None:
        yield f"{path}: any value was allowed, now only {new}"
        return
    for value in old:
        if value not in new:
            yield f"{path}: the value {value!r} is gone"


def _type_fits(old: Schema, new: str) -> bool:
    values = _values(old)
    if values is not None:
        return all(isinstance(value, str) for value in values) and new == "string"
    return old.get("type") == new or (old.get("type") == "integer" and new == "number")


def _bounds_breaks(old: Schema, new: Schema, path: str) -> Iterator[str]:
    for name in _LEAST:
        if name in new and (name not in old or new[name] > old[name]):
            yield f"{path}: {name} was {old.get(name, 'open')} and is {new[name]}"
    for name in _MOST:
        if name in new and (name not in old or new[name] < old[name]):
            yield f"{path}: {name} was {old.get(name, 'open')} and is {new[name]}"
    for name in ("pattern", "format"):
        if name in new and new[name] != old.get(name):
            yield f"{path}: {name} was {old.get(name, 'open')} and is {new[name]}"
