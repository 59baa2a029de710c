"""Documents in an index for each day, `<name>-<generation>-YYYY.MM.DD`. An index is made by its first document and removed as a
whole when its day is older than what is kept.

A generation is all indices that were made of a topic from its beginning on. While one is built beside the live one, writers
write into both; readers read the live one. Which those are stands in one document, so readers change over in one step
(docs/decisions/074-order-facts-in-daily-indices.md).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from stores.elastic.documents import Documents, Found, Put
from stores.errors import Conflict
from topics.deciding.projection import Document

STATE = "lezzet-generations"
"""The index with a document for each name: which generations there are."""

KNOWN = "lezzet-indices"
"""The index with a document for each name: which indices there were, by their UUIDs."""

PRIORITY = 200
"""Of the templates: above one for all indices that a cluster may have."""


def _template(pattern: str, mappings: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "index_patterns": [pattern],
        "priority": PRIORITY,
        "template": {
            "settings": {"number_of_shards": 1, "auto_expand_replicas": "0-1"},
            "mappings": {"dynamic": "strict", **mappings},
        },
    }


_STATE_FORM = _template(STATE, {"properties": {"live": {"type": "integer"}, "next": {"type": "integer"}}})
_KNOWN_FORM = _template(KNOWN, {"properties": {"uuids": {"type": "object", "enabled": False}}})


class NotBegun(Conflict):
    """There is no generation: nobody has begun one, or the server has lost what it held."""


class Generations(NamedTuple):
    """live: that readers use; 0 while there is none. next: that is built beside it; 0 for none."""

    live: int
    next: int
    version: tuple[int, int] = (0, 0)

    @property
    def written(self) -> list[int]:
        return [each for each in (self.live, self.next) if each]


class Daily:
    """Every method raises Unavailable. form: mappings of the documents. days: so many days back are kept, beside today's."""

    def __init__(self, documents: Documents, name: str, form: Mapping[str, Any], days: int) -> None:
        self._documents = documents
        self._name = name
        self._form = form
        self._days = days
        self._index = re.compile(rf"{re.escape(name)}-([0-9]+)-([0-9]{{4}})\.([0-9]{{2}})\.([0-9]{{2}})")

    def kept_since(self) -> date:
        """The oldest day of which documents are kept, UTC."""
        return datetime.now(UTC).date() - timedelta(days=self._days)

    async def generations(self) -> Generations | None:
        """None where nobody has begun, or the server has lost what it held."""
        found = await self._documents.read(STATE, self._name)
        return None if found is None else Generations(found.body["live"], found.body["next"], found.version)

    async def begin(self) -> None:
        """The first generation, live at once. Nothing where there is one."""
        await self._put_forms()
        await self._documents.create(STATE, self._name, {"live": 1, "next": 0})

    async def begin_next(self) -> Generations:
        """A new generation beside the live one. One that was begun and never became live is given up. Raises Conflict where
        somebody else begins one at the same time."""
        await self._put_forms()
        before = await self.generations()
        names = await self._documents.indices(f"{self._name}-*")
        highest = max((generation for generation, _, _ in self._parsed(names)), default=0)
        if before is None:
            if not await self._documents.create(STATE, self._name, {"live": 0, "next": highest + 1}):
                raise self._other()
        else:
            following = max(highest, before.live, before.next) + 1
            await self._change(before, {"live": before.live, "next": following})
        return await self._there()

    async def switch(self, generations: Generations) -> None:
        """Makes the next generation the live one. Raises Conflict where somebody else has begun another since."""
        await self._change(generations, {"live": generations.next, "next": 0})

    async def put(self, made: Sequence[Document]) -> Mapping[str, str]:
        """Writes them into each generation. Id → why, of those that are never taken. What is older than the days that are kept
        is left out. Raises NotBegun."""
        return await self._put((await self._there()).written, made)

    async def put_next(self, generations: Generations, made: Sequence[Document]) -> Mapping[str, str]:
        """As `put`, into the next generation alone."""
        return await self._put([generations.next], made)

    async def _put(self, into: Sequence[int], made: Sequence[Document]) -> Mapping[str, str]:
        since = self.kept_since()
        return await self._documents.put(
            [
                Put(self._index_of(generation, each.day), each.id, each.body)
                for generation in into
                for each in made
                if each.day >= since
            ]
        )

    async def search(
        self, first: date, last: date, body: Mapping[str, Any], seconds: float
    ) -> Mapping[str, Any] | None:
        """See Documents.search. first, last: days, UTC. None: there is no live generation yet."""
        generations = await self.generations()
        if generations is None or not generations.live:
            return None
        first = max(first, self.kept_since())
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        indices = [self._index_of(generations.live, day) for day in days]
        return await self._documents.search(indices, body, seconds) if indices else {}

    async def remove_old(self) -> list[str]:
        """Removes the indices of days that are not kept, and those of generations that are gone. Returns their names."""
        # In this order: an index that is there had its generation in the document before it was made.
        names = await self._documents.indices(f"{self._name}-*")
        generations = await self.generations()
        if generations is None:
            return []
        since, known = self.kept_since(), generations.written
        old = [name for generation, day, name in self._parsed(names) if day < since or generation not in known]
        await self._documents.remove(old)
        return old

    async def lost(self) -> list[date]:
        """Days of which the live generation had an index that is gone, or was made again since: somebody has deleted it. An
        index counts from the first call that sees it."""
        there = await self._documents.indices(f"{self._name}-*")
        generations = await self.generations()  # after the indices, as in `remove_old`
        if generations is None or not generations.live:
            return []
        found = await self._documents.read(KNOWN, self._name)
        known: Mapping[str, str] = {} if found is None else found.body["uuids"]
        days = {name: day for generation, day, name in self._parsed({**there, **known})
                if generation == generations.live and day >= self.kept_since()}  # fmt: skip
        await self._know(found, {name: known.get(name) or there[name] for name in sorted(days)})
        return sorted(days[name] for name in days if name in known and there.get(name) != known[name])

    async def _know(self, before: Found | None, uuids: Mapping[str, str]) -> None:
        """Keeps the UUIDs of the indices. If another process does so at the same time, one of the two is kept: the next call of
        `lost` compares again."""
        if before is None:
            await self._documents.put_template(KNOWN, _KNOWN_FORM)
            await self._documents.create(KNOWN, self._name, {"uuids": uuids})
        elif before.body["uuids"] != uuids:
            await self._documents.replace(KNOWN, self._name, {"uuids": uuids}, before.version)

    async def refresh(self) -> None:
        """From here on searches find what was written."""
        await self._documents.refresh(f"{self._name}-*")

    async def close(self) -> None:
        await self._documents.close()

    async def _there(self) -> Generations:
        found = await self.generations()
        if found is None:
            raise NotBegun(f"Elasticsearch has no {self._name}")
        return found

    async def _change(self, before: Generations, body: Mapping[str, Any]) -> None:
        if not await self._documents.replace(STATE, self._name, body, before.version):
            raise self._other()

    def _other(self) -> Conflict:
        return Conflict(f"somebody else begins a generation of {self._name}")

    async def _put_forms(self) -> None:
        await self._documents.put_template(STATE, _STATE_FORM)
        await self._documents.put_template(self._name, _template(f"{self._name}-*", self._form))

    def _index_of(self, generation: int, day: date) -> str:
        return f"{self._name}-{generation}-{day:%Y.%m.%d}"

    def _parsed(self, names: Iterable[str]) -> Iterator[tuple[int, date, str]]:
        for name in names:
            said = self._index.fullmatch(name)
            if said is not None:
                generation, *day = map(int, said.groups())
                yield generation, date(*day), name
