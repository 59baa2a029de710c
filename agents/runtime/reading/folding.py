"""What a view makes of a batch of events: its documents before, its documents after, and the changes between them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from agents.runtime.reading.events import Event
from agents.runtime.reading.missed import Missed
from stores.redis.projection import ViewChanges
from topics.deciding.projection import PartOf, Traits, View

_encode = msgspec.json.encode
Stored = Mapping[str, tuple[int, bytes]]
"""Aggregate → version and JSON of its document."""


class Folding:
    def __init__(self, view: View[Any, Any]) -> None:
        self._view = view
        self._decoder = msgspec.json.Decoder(view.document)

    def fold(self, missing: Missed, tag: str, todo: Sequence[Event], stored: Stored) -> ViewChanges:
        """The changes of the generation. What could not be shown is told to `missing`."""
        try:
            return self._fold(missing, tag, todo, stored, checked=False)
        except _Unwritable:
            # A document that cannot be written: the event that made it so is found by a look at each step.
            return self._fold(missing, tag, todo, stored, checked=True)

    def _fold(self, missing: Missed, tag: str, todo: Sequence[Event], stored: Stored, *, checked: bool) -> ViewChanges:
        """checked: whether a document can be written is seen at each event, and not at the end. Else raises _Unwritable."""
        view, changes = self._view, ViewChanges(self._view.name, tag)
        shown: dict[str, _Shown] = {}
        for event in todo:
            aggregate = event.meta.aggregate_id
            try:
                now = shown.get(aggregate) or _Shown.of(view, self._decoder, stored[aggregate])
                if missing.applies(event, now.version):
                    now.take(view, event, changes, checked=checked)
                    shown[aggregate] = now
            except Exception as error:
                missing.broken(event, view.name, error)
        for aggregate, now in shown.items():
            now.write(view, aggregate, changes)
        if view.live and shown:
            changes.tell(list(shown), tuple(sorted({name for now in shown.values() for name in now.after.latest})))
        return changes


class _Unwritable(Exception):
    """What the events of a batch have made of a document cannot be written."""


class _Shown:
    """A document on its way through a batch. before: how it was found before the batch. after: how it is found when it is
    written."""

    __slots__ = ("after", "before", "document", "version")

    def __init__(self, version: int, document: Any, before: "_FoundBy") -> None:
        self.version, self.document, self.before, self.after = version, document, before, before

    @classmethod
    def of(cls, view: View[Any, Any], decoder: msgspec.json.Decoder[Any], stored: tuple[int, bytes]) -> "_Shown":
        version, body = stored
        document = decoder.decode(body) if body else None
        return cls(version, document, _FoundBy.of(view, document))

    def take(self, view: View[Any, Any], event: Event, changes: ViewChanges, *, checked: bool) -> None:
        """Applies an event. Raises what the view raises, and, if that is checked, where its document cannot be written; then
        nothing has changed."""
        shown = view.show(self.document, event.message, event.meta)
        of, document = event.meta, shown.document
        if checked:
            _written(view, document)
        if shown.drop or shown.put:
            sides = ViewChanges(changes.view, changes.tag, aggregate_id=of.aggregate_id, version=of.version)
            for name in shown.drop:
                sides.drop(name)
            for side in shown.put:
                sides.put(side.name, side.value, side.expires_at)
            changes.lines.extend(sides.lines)
            changes.sides.extend(sides.sides)
        self.document, self.version = document, of.version

    def write(self, view: View[Any, Any], aggregate: str, changes: ViewChanges) -> None:
        """Raises _Unwritable."""
        try:
            self.after, body = _written(view, self.document)
        except Exception as error:
            raise _Unwritable from error
        changes.document(aggregate, self.version, body)
        before, after = self.before.indexes, self.after.indexes
        for index in before.keys() - after.keys():
            changes.leave(index, aggregate)
        for index, score in after.items():
            if before.get(index) != score:
                changes.enter(index, aggregate, score)
        for part in self.before.parts.keys() - self.after.parts.keys():
            changes.leave(*part)
        for part, score in self.after.parts.items() - self.before.parts.items():
            changes.enter(*part, score)
        for index in self.before.latest:
            if index not in self.after.latest:
                changes.leave(index, aggregate)
        for index in self.after.latest:
            changes.changed_last(index, aggregate)
        changes.characterize(self.before.traits, self.after.traits)


class _FoundBy(NamedTuple):
    """What a document is found by, other than its id. indexes: sorted set → score. parts: likewise of parts of it. latest:
    sorted sets of those that changed last. traits: for searches, None for none."""

    indexes: Mapping[str, float]
    parts: Mapping[PartOf, float]
    latest: Sequence[str]
    traits: Traits | None

    @classmethod
    def of(cls, view: View[Any, Any], document: Any) -> "_FoundBy":
        if document is None:
            return cls({}, {}, (), None)
        return cls(view.indexes(document), view.parts(document), view.latest(document), view.traits(document))


def _written(view: View[Any, Any], document: Any) -> tuple[_FoundBy, bytes]:
    """How it is found, and its JSON. Raises what the view or the encoder raises."""
    return _FoundBy.of(view, document), b"" if document is None else _encode(document)
