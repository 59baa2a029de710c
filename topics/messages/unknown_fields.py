"""Fields of a state, document or copy that the running code does not know: newer code wrote them, and they are kept.

msgspec leaves out what a type does not name. Where older code runs beside newer code, or after it, it would write back what it
has read without them. So whoever writes compares what it has read with what it would have written of that itself.
"""

from typing import Any, TypeVar, cast

import msgspec

from topics.messages.message import Message

_Object = dict[str, Any]
_Text = TypeVar("_Text", str, bytes)


def kept(stored: _Text, known: _Text, after: _Text) -> _Text:
    """The JSON `after`, with the fields of `stored` that are unknown: those that `known` does not have.

    stored: as it was read. known: what the running code writes of it when nothing has changed. An unknown field goes with the
    object that it stands in. In a list an object is found again by its `id`, or by all its fields that end in `_id`; without
    such fields by its place, where the list has as many entries as before.
    """
    if stored == known:
        return after
    old, ours = msgspec.json.decode(stored), msgspec.json.decode(known)
    if not _more(old, ours):
        return after
    merged = msgspec.json.encode(_with_unknown(msgspec.json.decode(after), old, ours))
    return cast(_Text, merged if isinstance(after, bytes) else merged.decode())


def erases(kind: type[Message]) -> bool:
    """Whether an event of this type takes away what is known of somebody. Unknown fields go with it: they may be personal."""
    return kind.__name__.endswith("Erased")


def _more(old: Any, ours: Any) -> bool:
    """Whether an object of `old` has a field that it does not have in `ours`."""
    if isinstance(old, dict) and isinstance(ours, dict):
        known = cast(_Object, ours)
        return any(name not in known or _more(value, known[name]) for name, value in cast(_Object, old).items())
    if isinstance(old, list) and isinstance(ours, list):
        return any(map(_more, cast(list[Any], old), cast(list[Any], ours)))
    return False


def _with_unknown(new: Any, old: Any, ours: Any) -> Any:
    """`new`, changed: with what `old` has more than `ours`."""
    if isinstance(new, dict) and isinstance(old, dict) and isinstance(ours, dict):
        fields, known = cast(_Object, new), cast(_Object, ours)
        for name, value in cast(_Object, old).items():
            if name not in known:
                fields.setdefault(name, value)
            elif name in fields:
                fields[name] = _with_unknown(fields[name], value, known[name])
        return fields
    if isinstance(new, list) and isinstance(old, list) and isinstance(ours, list):
        entries, known_entries = cast(list[Any], new), cast(list[Any], ours)
        for place, before in enumerate(_places_before(entries, known_entries)):
            if before is not None:
                entries[place] = _with_unknown(entries[place], old[before], known_entries[before])
        return entries
    return new


def _places_before(new: list[Any], known: list[Any]) -> list[int | None]:
    """For each entry of a list where it stood before. None: it is new."""
    named = {name: place for place, each in enumerate(known) if (name := _name(each))}
    as_many = len(new) == len(known)
    names = [_name(each) for each in new]
    return [named.get(name) if name else place if as_many else None for place, name in enumerate(names)]


def _name(entry: Any) -> tuple[Any, ...]:
    """What tells an object of a list from the others. Empty where nothing does."""
    if not isinstance(entry, dict):
        return ()
    fields = cast(_Object, entry)
    if "id" in fields:
        return (fields["id"],)
    return tuple((name, value) for name, value in sorted(fields.items()) if name.endswith("_id"))
