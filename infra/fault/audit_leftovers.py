"""Nothing is left lying: outboxes are empty, nothing is parked, nothing is dead."""

from infra.fault.evidence import Evidence
from infra.fault.findings import Findings
from topics.messages import headers


def audit(evidence: Evidence, findings: Findings) -> None:
    stores = evidence.stores.items()
    findings.breaks("outbox rows left", (f"{domain}: {held.outbox}" for domain, held in stores if held.outbox))
    findings.breaks("messages parked", (f"{domain}: {held.parked}" for domain, held in stores if held.parked))
    findings.breaks(
        "dead letters", (f"{entry.topic}: {entry.headers.get(headers.DLQ_REASON)}" for entry in evidence.dead)
    )
    findings.measured(outbox=sum(held.outbox for _, held in stores), dead_letters=len(evidence.dead))
