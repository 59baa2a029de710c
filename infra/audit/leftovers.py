"""Nothing is left lying in a store: no row of an outbox stays, nothing is parked or set aside, no timer is overdue."""

from datetime import UTC, datetime, timedelta

from agents.domains import DOMAINS
from infra.audit.check import Ground
from infra.audit.findings import Findings
from infra.audit.topic_log import Entry

OVERDUE = timedelta(seconds=30)
"""That a timer may be late: the process that sends it may have been killed, and its command is decided before it goes."""
_MOST = 1_000  # rows of an outbox that are named


class LeftoversCheck:
    name = "leftovers"
    promise = "outboxes are empty, nothing is parked or set aside, no timer is overdue"
    domains = frozenset[str]()

    def see(self, event: Entry, *, again: bool) -> None: ...

    async def judge(self, ground: Ground, findings: Findings) -> None:
        waiting = 0
        for domain in DOMAINS:
            book = ground.books.of(domain)
            rows = await book.outbox_rows(domain, _MOST)
            findings.breaks("outbox rows left", (f"{domain}: {row}" for row in rows))
            findings.breaks("messages parked", [f"{domain}: {n}"] if (n := await book.parked(domain)) else [])
            findings.breaks("events set aside", [f"{domain}: {n}"] if (n := await book.set_aside(domain)) else [])
            timers = await book.timers(domain)
            waiting += len(timers)
            late = datetime.now(UTC) - OVERDUE
            findings.breaks(
                "timers overdue",
                (f"{domain}: {row.name} of {row.key}, {row.due:%F %T}" for row in timers if row.due < late),
            )
        findings.measured(timers_waiting=waiting)
