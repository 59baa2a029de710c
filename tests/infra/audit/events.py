"""Events as an audit sees them, and what a check finds in them."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from infra.audit.books import TimerLeft
from infra.audit.check import Check, Ground
from infra.audit.distinct import Distinct
from infra.audit.findings import Findings
from infra.audit.topic_log import Entry
from stores.protocol import Stored
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


@dataclass
class Held:
    """What the store of a domain holds, as a book tells it."""

    left: Sequence[TimerLeft] = ()
    stored: Mapping[str, Stored] = field(default_factory=dict[str, Stored])
    rows: Sequence[str] = ()
    parks: int = 0
    aside: int = 0

    async def timers(self, domain: str) -> list[TimerLeft]:
        return list(self.left)

    async def states(self, domain: str) -> dict[str, Stored]:
        return dict(self.stored)

    async def outbox_rows(self, domain: str, most: int) -> list[str]:
        return list(self.rows)

    async def parked(self, domain: str) -> int:
        return self.parks

    async def set_aside(self, domain: str) -> int:
        return self.aside


class HeldBooks:
    """Of all domains; of those that are not named, the stores are empty."""

    def __init__(self, **held: Held) -> None:
        self._held = held

    def of(self, domain: str) -> Held:
        return self._held.get(domain, Held())


def found(check: Check, log: Log, *, at_rest: bool = True, **held: Held) -> Findings:
    """What the check says of these events, each of which went out twice. held: by domain."""
    distinct = Distinct()
    for entry in log.entries:
        for _ in range(2):
            check.see(entry, again=not distinct.is_new(entry))
    findings, nothing = Findings(), {}
    ground = Ground(HeldBooks(**held), nothing, nothing, at_rest)  # type: ignore[arg-type]
    asyncio.run(check.judge(ground, findings))
    return findings
