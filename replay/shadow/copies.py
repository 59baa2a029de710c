"""Copies of other domains' facts as they were at given versions, folded from the events of those domains."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from replay.shadow import events
from stores.kafka.log import Logged
from topics.deciding.decision import Decider
from topics.deciding.projection import FactTable
from topics.messages.message import Undecodable

Read = Mapping[str, Mapping[str, int]]
"""What a decision has read: table → key → version; 0 for a fact that was not there."""

_REMEMBERED = 4_096  # headers
_decode = msgspec.json.Decoder(dict[str, dict[str, int]]).decode


class NotRecorded(Exception):
    """What a decision has read cannot be known any more. The text says why."""


@lru_cache(_REMEMBERED)
def read_of(header: bytes | str) -> Read:
    """Of the header FACTS: many decisions have read the same. Raises NotRecorded."""
    try:
        return _decode(header)
    except msgspec.MsgspecError as error:
        raise NotRecorded(f"what it read is no list of versions: {error}") from None


class _Copy(NamedTuple):
    version: int
    document: Any


class Copies:
    """Of one decider. Ask for versions, feed it the events of the keys in their order, then take them."""

    def __init__(self, decider: Decider[Any, Any, Any, Any]) -> None:
        self._tables = {table.name: table for table in decider.fact_tables}
        self._by_topic: dict[str, list[FactTable[Any, Any]]] = defaultdict(list)
        for table in decider.fact_tables:
            self._by_topic[table.topic.name].append(table)
        self._wanted: dict[tuple[str, str], set[int]] = defaultdict(set)
        self._kept: dict[tuple[str, str, int], Any] = {}
        self._now: dict[tuple[str, str], _Copy] = {}
        self._broken: dict[tuple[str, str], str] = {}

    def want(self, read: Read) -> None:
        for table, versions in read.items():
            for key, version in versions.items():
                if version:
                    self._wanted[table, key].add(version)

    def keys(self) -> dict[str, set[str]]:
        """By topic: of which aggregates the events are needed."""
        found: dict[str, set[str]] = defaultdict(set)
        for table, key in self._wanted:
            if table in self._tables:
                found[self._tables[table].topic.name].add(key)
        return found

    def take(self, records: Iterable[Logged]) -> None:
        """Events of topics that `keys` has named; those of each key in their order."""
        for record in records:
            tables = self._by_topic[record.topic]
            try:
                event = events.read(tables[0].topic, record)
            except Undecodable as error:
                key = (record.key or b"").decode(errors="replace")
                self._broken |= {(table.name, key): str(error) for table in tables}
                continue
            for table in tables:
                self._show(table, event)

    def _show(self, table: FactTable[Any, Any], event: events.Happened) -> None:
        place, version = (table.name, event.meta.aggregate_id), event.meta.version
        before = self._now.get(place) or _Copy(0, None)
        if version <= before.version or place in self._broken:
            return
        if version > before.version + 1:
            self._broken[place] = f"version {before.version + 1} is missing"
            return
        try:
            document = table.show(before.document, event.message, event.meta).document
        except Exception as error:
            self._broken[place] = f"the code of now cannot show version {version}: {type(error).__name__}: {error}"
            return
        self._now[place] = _Copy(version, document)
        if version in self._wanted.get(place, ()):
            self._kept[table.name, event.meta.aggregate_id, version] = document

    def at(self, read: Read) -> dict[str, dict[str, Any]]:
        """Table → key → document, for all tables of the decider. Raises NotRecorded."""
        found: dict[str, dict[str, Any]] = {name: {} for name in self._tables}
        for table, versions in read.items():
            if table not in found:
                continue  # the code of now reads no such facts
            for key, version in versions.items():
                if version:
                    document = self._one(table, key, version)
                    if document is not None:
                        found[table][key] = document
        return found

    def _one(self, table: str, key: str, version: int) -> Any:
        try:
            return self._kept[table, key, version]
        except KeyError:
            why = self._broken.get((table, key), "its events are not in the log")
            raise NotRecorded(f"{table} {key} at version {version}: {why}") from None
