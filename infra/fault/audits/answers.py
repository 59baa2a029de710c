"""What clients were told is what happened: 2xx took effect once, 503 never, and nobody waited longer than promised."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from infra.audit.findings import Findings
from infra.fault.evidence import Evidence
from infra.fault.http_load import Told
from topics.messages.reply import DECODER

EDGE = "lezzet/edge"
EVENTS = {"basket": None, "address": None, "order": "OrderPlaced"}
"""Domains that are written to, and the type of event that a request must have led to (None: any, once)."""
ANSWERED_WITHIN = 3.0  # seconds


def audit(told: Sequence[Told], evidence: Evidence, findings: Findings, slack: float = 1.0) -> None:
    """slack: how many times as long as is promised an answer may take."""
    writes = [each for each in told if each.write]
    effects = _effects(evidence)
    findings.breaks(
        "lost: told done or pending, but no effect",
        (each for each in writes if each.status in (200, 202) and not effects[_place(each)]),
    )
    findings.breaks("doubled", (each for each in writes if len(effects[_place(each)]) > 1))
    findings.breaks(
        "answered 503, and took effect", (each for each in writes if each.status == 503 and effects[_place(each)])
    )
    findings.breaks("pending operations without outcome", _without_outcome(writes, evidence))
    _manners(told, ANSWERED_WITHIN * slack, findings)


def _place(told: Told) -> tuple[str, str]:
    return told.domain, told.correlation


def _effects(evidence: Evidence) -> defaultdict[tuple[str, str], set[tuple[str, int]]]:
    """(domain, correlation) → (aggregate, version) of its events."""
    found = defaultdict[tuple[str, str], set[tuple[str, int]]](set)
    for domain, kind in EVENTS.items():
        for event in evidence.events(domain):
            if kind in (None, event.type):
                found[domain, event.correlation].add((event.aggregate, event.version))
    return found


def _without_outcome(writes: Sequence[Told], evidence: Evidence) -> list[Told]:
    """Of those that their own domain answers; a checkout is answered by the order, which has its event."""
    inboxes = {domain: evidence.stores[domain].inbox for domain in EVENTS}
    pending = [each for each in writes if each.status == 202 and EVENTS[each.domain] is None]
    outcomes = {each.operation: inboxes[each.domain].get((EDGE, each.operation)) for each in pending}
    return [
        each for each in pending if (said := outcomes[each.operation]) is None or DECODER.decode(said).status != "done"
    ]


def _manners(told: Sequence[Told], within: float, findings: Findings) -> None:
    """The form of the answers and their time."""
    findings.breaks("not answered at all", (each for each in told if each.status == 0))
    findings.breaks("unexpected answers", (each for each in told if each.status not in (0, 200, 202, 503)))
    findings.breaks(
        "503 without problem+json or Retry-After",
        (each for each in told if each.status == 503 and not (each.problem and each.retry_after)),
    )
    findings.breaks(f"slower than {within} s", (each for each in told if each.seconds > within))
    findings.measured(
        requests=len(told),
        answers=dict(sorted(Counter(str(each.status) for each in told).items())),
        slowest_answer_s=round(max(each.seconds for each in told), 2),
    )
