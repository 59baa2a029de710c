"""No message is dead: everything that a run sends can be read and decided."""

from collections.abc import Sequence

from infra.audit.findings import Findings
from infra.audit.topic_log import Entry
from topics.messages import headers


def audit(dead: Sequence[Entry], findings: Findings) -> None:
    findings.breaks("dead letters", (f"{entry.topic}: {entry.headers.get(headers.DLQ_REASON)}" for entry in dead))
    findings.measured(dead_letters=len(dead))
