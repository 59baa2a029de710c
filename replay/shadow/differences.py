"""What differs between two JSON values, field by field; shown without secrets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from replay.log import secrecy
from replay.log.message import printed

ABSENT = msgspec.UNSET
"""Where one of both has no such field."""

_MOST = 160  # characters of a value in a line

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """path: names of fields and places in lists, from the outside in; empty for the whole value."""

    path: Path
    before: Any
    after: Any

    @property
    def field(self) -> str:
        return ".".join(self.path) or "$"

    def data(self) -> dict[str, Any]:
        """before or after is left out where there is no such field."""
        found = {"before": hidden(self.path, self.before), "after": hidden(self.path, self.after)}
        return {"field": self.field, **{name: value for name, value in found.items() if value is not ABSENT}}

    def line(self) -> str:
        before, after = hidden(self.path, self.before), hidden(self.path, self.after)
        field = printed(self.field)
        if before is ABSENT:
            return f"+ {field} = {brief(after)}"
        if after is ABSENT:
            return f"- {field}   was {brief(before)}"
        return f"  {field}: {brief(before)} → {brief(after)}"


def differences(before: Any, after: Any) -> list[Difference]:
    """before, after: of JSON, or ABSENT."""
    return list(_differences((), before, after))


def _differences(path: Path, before: Any, after: Any) -> Iterator[Difference]:
    if before == after and type(before) is type(after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        old, new = cast(dict[str, Any], before), cast(dict[str, Any], after)
        for name in dict.fromkeys((*old, *new)):
            yield from _differences((*path, name), old.get(name, ABSENT), new.get(name, ABSENT))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):  # pyright: ignore[reportUnknownArgumentType]
        for place, (was, now) in enumerate(zip(cast(list[Any], before), cast(list[Any], after), strict=True)):
            yield from _differences((*path, str(place)), was, now)
    else:
        yield Difference(path, before, after)


def plain(document: Any) -> Any:
    """A struct as its JSON says it; None for none."""
    return None if document is None else msgspec.json.decode(msgspec.json.encode(document))


def as_shown(document: Any) -> Any:
    """A struct, or its JSON, without secrets and personal data; None for none."""
    return secrecy.shown(msgspec.json.encode(document))


def hidden(path: Path, value: Any) -> Any:
    """The value as it may be shown: what hides a field goes by its name and by those around it."""
    if value is ABSENT:
        return ABSENT
    for name in reversed(path):
        value = {name: value}
    found = as_shown(value)
    for name in path:
        if not isinstance(found, Mapping):
            return found  # a field around it is hidden as a whole
        found = cast(Mapping[str, Any], found)[name]
    return found


def brief(value: Any) -> str:
    """One line, cut."""
    text = printed(msgspec.json.encode(value).decode())
    return text if len(text) <= _MOST else f"{text[:_MOST]}…"
