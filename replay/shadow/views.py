"""A view, or a copy of facts, that is folded in memory from a topic's events. Nothing is written."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from replay.shadow import events
from stores.kafka.log import Logged
from topics.deciding.projection import FactTable, View

_WHYS = 1_000  # aggregates of which it is kept why they cannot be shown


class Document(NamedTuple):
    """document: None where it is not shown."""

    version: int
    document: Any


class ShadowView:
    """documents: by aggregate. bad: aggregates that cannot be shown, and why; they stay as they were before. events: that were
    applied. gaps_are_fine: for a stretch of the log, in which aggregates do not begin at version 1."""

    def __init__(self, of: View[Any, Any] | FactTable[Any, Any], *, gaps_are_fine: bool = False) -> None:
        self.of = of
        self.documents: dict[str, Document] = {}
        self.bad: dict[str, str] = {}
        self.events = 0
        self._gaps_are_fine = gaps_are_fine

    def take(self, records: Iterable[Logged]) -> None:
        """Of the view's topic; those of each key in their order."""
        topic, show, documents, nothing = self.of.topic, self.of.show, self.documents, Document(0, None)
        for record in records:
            try:
                event = events.read(topic, record)
                meta, message = event.meta, event.message
                before, document = documents.get(meta.aggregate_id, nothing)
                if meta.version <= before:
                    continue
                if meta.version > before + 1 and not self._gaps_are_fine:
                    raise ValueError(f"version {before + 1} is missing")
                documents[meta.aggregate_id] = Document(meta.version, show(document, message, meta).document)
                self.events += 1
            except Exception as error:  # of what cannot be read, and what the view raises
                if len(self.bad) < _WHYS:
                    key = (record.key or b"").decode(errors="backslashreplace")
                    place = f"{record.partition}:{record.offset}"
                    self.bad.setdefault(key, f"{place}: {type(error).__name__}: {error}")
