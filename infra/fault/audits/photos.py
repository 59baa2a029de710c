"""Each photo that was taken is checked once, and what came of it is shown once."""

from collections import Counter

from infra.audit.findings import Findings
from infra.fault.evidence import Evidence


def audit(evidence: Evidence, findings: Findings) -> None:
    events = evidence.distinct("photo")
    checked = Counter(event.aggregate for event in events if event.type in ("PhotoAccepted", "PhotoRefused"))
    added = {event.aggregate for event in events if event.type == "PhotoAdded"}
    findings.breaks("photos that were not checked exactly once", [each for each in added if checked[each] != 1])
    refused = [event.aggregate for event in events if event.type == "PhotoRefused"]
    findings.breaks("good photos that were refused", refused)
    shown = sum(event.type == "PhotoShown" for event in events)
    findings.breaks("accepted photos that are not shown once", [f"{shown} of {len(added)}"] * (shown != len(added)))
    findings.measured(photos=len(added))
