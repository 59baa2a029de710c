"""Finds log lines: by words, level, domain, process and time."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

from stores.logs.index import LogIndex

MOST_IDS = 500
LEVELS = ("debug", "info", "warning", "error", "critical")
_AGE = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_KEPT = {"excludes": ["text"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """words: all of them are in the line. ids: one of them is. level: this one and above. None or empty: any."""

    words: str = ""
    ids: Sequence[str] = ()
    level: str | None = None
    domain: str | None = None
    process: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Found(NamedTuple):
    """line: the document, with `@timestamp`, `level`, `domain`, `process`, `logger`, `event` and `fields`."""

    id: str
    received: datetime
    line: Mapping[str, Any]


def since_of(said: str, now: datetime) -> datetime | None:
    """`10m` before now, or a time, in UTC where it names no zone. None: it is neither."""
    age = _AGE.fullmatch(said)
    try:
        if age is not None:
            return now - timedelta(**{_UNITS[age[2]]: int(age[1])})
        at = datetime.fromisoformat(said)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


async def search(index: LogIndex, asked: Asked, most: int, received_since: datetime | None = None) -> list[Found]:
    """The last `most` lines, the oldest of them first. received_since: only those that were indexed from then on.

    Raises Unavailable.
    """
    filters = [*_filters(asked), *_range("received", received_since, None)]
    answer = await index.search(
        {
            "query": {"bool": {"filter": filters}},
            "sort": [{"@timestamp": "desc"}, {"received": "desc"}],
            "size": most,
            "source": _KEPT,
            "track_total_hits": False,
        }
    )
    hits = cast(list[dict[str, Any]], answer.get("hits", {}).get("hits", []))
    return [_found(hit) for hit in reversed(hits)]


def _filters(asked: Asked) -> list[dict[str, Any]]:
    found = _range("@timestamp", asked.since, asked.until)
    if asked.words:
        words = {
            "query": asked.words,
            "fields": ["text"],
            "default_operator": "and",
            "flags": "PHRASE|PREFIX|NOT|OR|WHITESPACE",
        }
        found.append({"simple_query_string": words})
    if asked.ids:
        phrases = [{"match_phrase": {"text": each}} for each in asked.ids[:MOST_IDS]]
        found.append({"bool": {"should": phrases, "minimum_should_match": 1}})
    if asked.level:
        found.append({"terms": {"level": LEVELS[LEVELS.index(asked.level) :]}})
    for name, value in (("domain", asked.domain), ("process", asked.process)):
        if value:
            found.append({"term": {name: value}})
    return found


def _range(field: str, since: datetime | None, until: datetime | None) -> list[dict[str, Any]]:
    bounds = {name: at.isoformat() for name, at in (("gte", since), ("lte", until)) if at is not None}
    return [{"range": {field: bounds}}] if bounds else []


def _found(hit: Mapping[str, Any]) -> Found:
    line = cast(dict[str, Any], hit["_source"])
    return Found(hit["_id"], datetime.fromisoformat(line["received"]), line)
