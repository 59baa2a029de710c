"""On `<domain>_events` every aggregate has every version, gapless, and one event for each."""

from collections import defaultdict

from infra.fault.evidence import Evidence
from infra.fault.findings import Findings


def audit(evidence: Evidence, findings: Findings) -> None:
    """A row that went out twice is allowed: same id, and no version above it missing."""
    events = repeats = 0
    for domain in evidence.stores:
        highest: defaultdict[str, int] = defaultdict(int)
        ids: dict[tuple[str, int], str] = {}
        for event in evidence.events(domain):
            events += 1
            place = f"{domain} {event.aggregate} version {event.version}"
            if event.version <= highest[event.aggregate]:
                repeats += 1
                if ids.get((event.aggregate, event.version)) != event.id:
                    findings.breaks("two events of one version", [place])
            elif event.version > highest[event.aggregate] + 1:
                findings.breaks("version gaps", [f"{place} after {highest[event.aggregate]}"])
            highest[event.aggregate] = max(highest[event.aggregate], event.version)
            ids.setdefault((event.aggregate, event.version), event.id)
        stored = {key: version for key, (version, _) in evidence.stores[domain].states.items()}
        findings.breaks(
            "the topic's last version is not the state's",
            (f"{domain} {key}" for key in stored.keys() | highest.keys() if stored.get(key, 0) != highest[key]),
        )
    findings.measured(events=events, events_out_twice=repeats)
