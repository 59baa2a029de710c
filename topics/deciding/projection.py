"""The vocabulary of projections: what a view or a fact table makes of events. Pure.

For decisions see topics/deciding/decision.py.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, NamedTuple, TypeVar, cast

import msgspec

from topics.messages.event import EventMeta
from topics.messages.message import Message
from topics.messages.stored_form import StoredForm
from topics.messages.topic import Topic
from topics.messages.upcasting import Step

D = TypeVar("D", bound=msgspec.Struct)
E = TypeVar("E", bound=Message)


@dataclass(frozen=True, slots=True)
class SideKey:
    """A plain Redis key beside the document. expires_at: absolute, so that a rebuild makes the same.

    name: a place `side:<view>:…` belongs to a generation as the document does (topics/keys.py). Other names are for systems
    that know nothing of generations; they are written by the generation that is ahead.
    """

    name: str
    value: str
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Shown(Generic[D]):
    """What a view (or a fact table) holds of an aggregate after an event. document None: no longer shown."""

    document: D | None
    put: tuple[SideKey, ...] = ()
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Traits:
    """What an aggregate is found by in a search: names of traits (topics/search_index.py).

    of: whose traits they are; a meal's words are its restaurant's. own: only this document gives them. shared: documents
    of the same `of` may give the same ones; it has such a trait until the last one gives it no more.
    place: latitude and longitude.
    """

    of: str
    own: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    place: tuple[float, float] | None = None


def _no_indexes(document: Any) -> Mapping[str, float]:
    return {}


class PartOf(NamedTuple):
    """Where a part of a document stands in a sorted set. member: topics.keys.part()."""

    index_name: str
    member: str


def _no_parts(document: Any) -> Mapping[PartOf, float]:
    return {}


def _no_latest(document: Any) -> Sequence[str]:
    return ()


LATEST = 1_000
"""Documents in a sorted set of those that changed last; the others leave it."""


def _no_traits(document: Any) -> Traits | None:
    return None


@dataclass(frozen=True, kw_only=True)
class View(Generic[D, E]):
    """A projection of one topic's events: a document an aggregate, and the sorted sets (index → score) it stands in.

    name: places are `view:<name>:<aggregate id>` and `index:<name>:<index>` (topics/keys.py). parts: sorted sets in which parts
    of the document stand, each on its own: a restaurant's campaigns. latest: sorted sets of the documents that changed last, by
    when they did so in this generation, for streams (http_edge/reads/live_lists.py). show: (document before, event, meta) →
    what is shown now; pure. traits: what a search finds it by. shape: count it up where the functions show the same events
    differently now; see form. live: each change is told to those who follow documents or lists of this view
    (stores/redis/notices.py).
    """

    name: str
    topic: Topic
    document: type[D]
    show: Callable[[D | None, E, EventMeta], Shown[D]]
    indexes: Callable[[D], Mapping[str, float]] = _no_indexes
    parts: Callable[[D], Mapping[PartOf, float]] = _no_parts
    latest: Callable[[D], Sequence[str]] = _no_latest
    traits: Callable[[D], Traits | None] = _no_traits
    shape: int = 1
    live: bool = False

    @property
    def form(self) -> str:
        """A fingerprint of what the view writes. Where it differs from that of the generation in Redis, the documents there are
        of another release, and a new generation is built beside them (stores/redis/generations.py).

        It changes with the document's fields and with the names of the functions, not with their code: for that there is
        `shape`. Nor does it change with a mark as `Personal`, which says how engineers see a field, not what is written
        (docs/decisions/095).
        """
        functions = [each.__qualname__ for each in (self.show, self.indexes, self.parts, self.traits)]
        if self.latest is not _no_latest:
            functions.append(self.latest.__qualname__)
        said = (self.topic.name, self.shape, functions, _without_words_and_marks(msgspec.json.schema(self.document)))
        return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()[:16]


def _without_words_and_marks(schema: Any) -> Any:
    """A docstring that was reworded is no other form, nor is a field that was marked."""
    if isinstance(schema, list):
        return [_without_words_and_marks(each) for each in cast(list[Any], schema)]
    if not isinstance(schema, dict):
        return schema
    said = cast(dict[str, Any], schema)
    return {name: _without_words_and_marks(each) for name, each in said.items() if not _is_aside(name, each)}


def _is_aside(name: str, value: Any) -> bool:
    """A field may be called `description`, too: its value is a schema, no text."""
    return (name == "description" and isinstance(value, str)) or name == "x-personal"


@dataclass(frozen=True, kw_only=True)
class FactTable(Generic[D, E]):
    """A domain's own copy of another's facts, in its own store: a document an aggregate, fed by that domain's events.

    upcasts: from one form of the document to the next; see topics/messages/stored_form.py.
    """

    name: str
    topic: Topic
    document: type[D]
    show: Callable[[D | None, E, EventMeta], Shown[D]]
    upcasts: tuple[Step, ...] = ()

    @property
    def form(self) -> StoredForm[D]:
        return StoredForm(self.document, self.upcasts)


class Document(NamedTuple):
    """Of a search index. id: made again of the same event it is the same. day: to which it belongs, UTC. body: JSON."""

    id: str
    day: date
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Index(Generic[D, E]):
    """Documents for searches, made of one topic's events.

    known: what has to be known of an aggregate to make them. documents: (what was known before the event, event, meta) → those
    that are made of it; pure.
    """

    known: FactTable[D, E]
    documents: Callable[[D | None, E, EventMeta], Sequence[Document]]
