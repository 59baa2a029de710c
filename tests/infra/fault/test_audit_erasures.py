"""The audit of erasures sees one that is lost and one that is doubled."""

from infra.audit.findings import Findings
from infra.audit.topic_log import Entry
from infra.fault.audits import erasures as audit_erasures
from infra.fault.audits.erasures import ERASED
from infra.fault.evidence import Evidence
from topics.contracts import all_topics
from topics.messages import headers


def broken(**of: int) -> set[str]:
    """of: domain → how often it has erased the user; once where it is not said."""
    kinds = {"auth": "AccountErased"} | ERASED
    topics = {name: list[Entry]() for name in all_topics()}
    for domain, kind in kinds.items():
        topics[f"{domain}_events"] = [_event(domain, kind, n) for n in range(1, of.get(domain, 1) + 1)]
    findings = Findings()
    audit_erasures.audit(Evidence({}, topics, []), findings)
    return set(findings.wrong)


def _event(domain: str, kind: str, version: int) -> Entry:
    named = {
        headers.ID: f"{domain} {version}",
        headers.TYPE: kind,
        headers.SUBJECT: "u",
        headers.SEQUENCE: str(version),
    }
    return Entry(f"{domain}_events", 0, version, named, b"{}")


def test_one_in_each_domain_is_clean():
    assert not broken()


def test_one_that_is_lost_is_seen():
    assert all(broken(**{domain: 0}) == {"erasures lost"} for domain in ERASED)


def test_one_that_is_doubled_or_of_nobody_is_seen():
    assert broken(basket=2) == broken(auth=0) == {"erasures doubled, or of nobody"}
