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
    """path: names of fields and places in lists, from the outside in; empty for the whole value. of: the struct that the
    path begins at, which marks what is personal; None where it is not known. within: what a reader is told before the path."""

    path: Path
    before: Any
    after: Any
    of: type | None = None
    within: str = ""

    @property
    def field(self) -> str:
        return ".".join((self.within, *self.path) if self.within else self.path) or "$"

    @property
    def shown(self) -> tuple[Any, Any]:
        """before and after as they may be shown."""
        return hidden(self.path, self.before, self.of), hidden(self.path, self.after, self.of)

    def data(self) -> dict[str, Any]:
        """before or after is left out where there is no such field."""
        found = dict(zip(("before", "after"), self.shown, strict=True))
        return {"field": self.field, **{name: value for name, value in found.items() if value is not ABSENT}}

    def line(self) -> str:
        before, after = self.shown
        field = printed(self.field)
        if before is ABSENT:
            return f"+ {field} = {brief(after)}"
        if after is ABSENT:
            return f"- {field}   was {brief(before)}"
        return f"  {field}: {brief(before)} → {brief(after)}"


def differences(before: Any, after: Any, of: type | None = None, within: str = "") -> list[Difference]:
    """before, after: of JSON, or ABSENT. of, within: as of a Difference."""
    return [Difference(*each, of, within) for each in _differences((), before, after)]


def _differences(path: Path, before: Any, after: Any) -> Iterator[tuple[Path, Any, Any]]:
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
        yield path, before, after


def plain(document: Any) -> Any:
    """A struct as its JSON says it; None for none."""
    return None if document is None else msgspec.json.decode(msgspec.json.encode(document))


def as_shown(document: msgspec.Struct | None) -> Any:
    """Its JSON without secrets and personal data; None for none."""
    return json_as_shown(document, None if document is None else type(document))


def json_as_shown(document: Any, of: type | None) -> Any:
    """The same for JSON. of: the struct that it is made of, which marks what is personal; None where it is not known."""
    return secrecy.shown(msgspec.json.encode(document), of)


def hidden(path: Path, value: Any, of: type | None) -> Any:
    """The value as it may be shown: what hides a field goes by its name, by those around it, and by the marks of the struct."""
    if value is ABSENT:
        return ABSENT
    for name in reversed(path):
        value = {name: value}
    found = json_as_shown(value, of)
    for name in path:
        if not isinstance(found, Mapping):
            return found  # a field around it is hidden as a whole
        found = cast(Mapping[str, Any], found)[name]
    return found


def brief(value: Any) -> str:
    """One line, cut."""
    text = printed(msgspec.json.encode(value).decode())
    return text if len(text) <= _MOST else f"{text[:_MOST]}…"
