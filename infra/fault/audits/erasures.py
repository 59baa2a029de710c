"""Each account that is erased is erased once by every domain that keeps something of users, and nobody else is."""

from collections import Counter

from infra.audit.findings import Findings
from infra.fault.evidence import Evidence

ERASED = {"user": "PersonErased", "address": "BookErased", "basket": "BasketErased", "notification": "RecipientErased"}


def audit(evidence: Evidence, findings: Findings) -> None:
    accounts = _erased(evidence, "auth", "AccountErased")
    for domain, kind in ERASED.items():
        found = _erased(evidence, domain, kind)
        findings.breaks("erasures lost", (f"{domain} {user}" for user in accounts - found))
        findings.breaks("erasures doubled, or of nobody", (f"{domain} {user}" for user in found - accounts))
    findings.measured(erased=len(accounts))


def _erased(evidence: Evidence, domain: str, kind: str) -> Counter[str]:
    return Counter(event.aggregate for event in evidence.distinct(domain) if event.type == kind)
