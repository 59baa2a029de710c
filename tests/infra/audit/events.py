"""Events as an audit sees them, and what a check finds in them."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from infra.audit.books import TimerLeft
from infra.audit.check import Check, Ground
from infra.audit.distinct import Distinct
from infra.audit.findings import Findings
from infra.audit.topic_log import Entry
from topics.messages import headers


class Log:
    """Events of any domain, with the versions that follow."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._versions = defaultdict[tuple[str, str], int](int)

    def happens(self, domain: str, type: str, aggregate: str = "o", cause: str = "c", **fields: Any) -> Entry:
        self._versions[domain, aggregate] += 1
        version = self._versions[domain, aggregate]
        named = {
            headers.ID: f"{domain} {aggregate} {version}", headers.TYPE: type, headers.SUBJECT: aggregate,
            headers.SEQUENCE: str(version), headers.CAUSATION: cause, headers.SCHEMA_VERSION: "2",
        }  # fmt: skip
        entry = Entry(f"{domain}_events", 0, len(self.entries), named, msgspec.json.encode(fields))
        self.entries.append(entry)
        return entry


class NoBooks:
    """Of stores that hold timers alone."""

    def __init__(self, timers: Sequence[TimerLeft]) -> None:
        self._timers = list(timers)

    def of(self, domain: str) -> "NoBooks":
        return self

    async def timers(self, domain: str) -> list[TimerLeft]:
        return self._timers


def found(check: Check, log: Log, timers: Sequence[TimerLeft] = (), *, at_rest: bool = True) -> Findings:
    """What the check says of these events, each of which went out twice."""
    distinct = Distinct()
    for entry in log.entries:
        for _ in range(2):
            check.see(entry, again=not distinct.is_new(entry))
    findings, nothing, books = Findings(), {}, NoBooks(timers)
    ground = Ground(books, nothing, nothing, at_rest)  # type: ignore[arg-type]
    asyncio.run(check.judge(ground, findings))
    return findings
