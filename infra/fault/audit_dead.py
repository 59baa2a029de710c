"""No message is dead: everything that a run sends can be read and decided."""

from infra.audit.findings import Findings
from infra.fault.evidence import Evidence
from topics.messages import headers


def audit(evidence: Evidence, findings: Findings) -> None:
    findings.breaks(
        "dead letters", (f"{entry.topic}: {entry.headers.get(headers.DLQ_REASON)}" for entry in evidence.dead)
    )
    findings.measured(dead_letters=len(evidence.dead))
