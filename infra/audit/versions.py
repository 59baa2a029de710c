"""On `<domain>_events` every aggregate has every version, gapless, and one event for each; the last one is the state's."""

from array import array
from collections import defaultdict

from agents.domains import DOMAINS
from infra.audit.check import Ground
from infra.audit.findings import Findings
from infra.audit.topic_log import Entry


class VersionsCheck:
    """A row that went out twice is allowed: same id, and no version above it missing."""

    name = "versions"
    promise = "the versions of each aggregate are gapless"
    domains = frozenset(DOMAINS)

    def __init__(self) -> None:
        # Hashes of the ids of each version's event: the log may have millions.
        self._ids: defaultdict[str, dict[str, array[int]]] = defaultdict(dict)
        self._repeats = 0
        self._broken = Findings()

    def see(self, event: Entry, *, again: bool) -> None:
        ids = self._ids[event.domain].setdefault(event.aggregate, array("q"))
        place, known = f"{event.domain} {event.aggregate} version {event.version}", hash(event.id)
        if event.version <= len(ids):
            self._repeats += 1
            if ids[event.version - 1] != known:
                self._broken.breaks("two events of one version", [place])
            return
        if event.version > len(ids) + 1:
            self._broken.breaks("version gaps", [f"{place} after {len(ids)}"])
            ids.extend([0] * (event.version - len(ids) - 1))
        ids.append(known)

    async def judge(self, ground: Ground, findings: Findings) -> None:
        findings.take(self._broken)
        for domain in DOMAINS:
            highest = {key: len(ids) for key, ids in self._ids[domain].items()}
            before, after = ground.before[domain], ground.after[domain]
            findings.breaks(
                "the topic's last version is not the state's",
                (f"{domain} {key}" for key in before.keys() | highest.keys()
                 if not before.get(key, 0) <= highest.get(key, 0) <= after.get(key, 0)),
            )  # fmt: skip
        events = sum(len(ids) for of in self._ids.values() for ids in of.values())
        findings.measured(events=events + self._repeats, events_out_twice=self._repeats)
