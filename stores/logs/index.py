"""The lines in Elasticsearch: a data stream that begins a new index each day, of which old ones are removed."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from stores.elastic.documents import Documents, Put
from stores.logs.document import FORM

STREAM = "lezzet-logs"

_BACKING = f".ds-{STREAM}-*"
_DAY = re.compile(rf"\.ds-{STREAM}-(\d{{4}})\.(\d{{2}})\.(\d{{2}})-\d+")
_TEMPLATE: Mapping[str, Any] = {
    "index_patterns": [STREAM],
    "data_stream": {},
    "priority": 500,
    "template": {
        "settings": {"number_of_shards": 1, "auto_expand_replicas": "0-1", "refresh_interval": "1s"},
        "mappings": FORM,
    },
}


class LogIndex:
    """Every method raises Unavailable. days: how far back lines are kept."""

    def __init__(self, documents: Documents, days: int) -> None:
        self._documents = documents
        self._days = days

    async def prepare(self) -> None:
        """The form of the indices, for those that are begun from now on."""
        await self._documents.put_template(STREAM, _TEMPLATE)

    async def put(self, documents: Sequence[tuple[str, bytes]]) -> Mapping[str, str]:
        """documents: (id, JSON). Id → why, of those that are never taken. One that is there already stays."""
        return await self._documents.put([Put(STREAM, id, body) for id, body in documents])

    async def turn(self) -> list[str]:
        """Begins a new index where the present one is a day old, and removes those whose lines are all too old: their names.

        Without lifecycle management, which not every server has.
        """
        there = await self._documents.indices(_BACKING)
        if not there:
            return []  # no line has come yet
        await self._documents.roll_over(STREAM, {"max_age": "1d", "min_docs": 1})
        old = too_old([*there], datetime.now(UTC).date() - timedelta(days=self._days))
        await self._documents.remove(old)
        return old

    async def search(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """See Documents.search."""
        return await self._documents.search([STREAM], body)


def too_old(indices: Sequence[str], since: date) -> list[str]:
    """Those of which each line was written before that day: the one after them was begun before it. Never the last one, which
    is written to. indices: sorted."""
    dated = [(name, date(*map(int, said.groups()))) for name in indices if (said := _DAY.fullmatch(name))]
    return [name for (name, _), (_, following) in pairwise(dated) if following < since]
