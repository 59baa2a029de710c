"""The check of versions sees what it is there to see."""

import asyncio
from collections.abc import Mapping
from typing import Any

from agents.domains import DOMAINS
from infra.audit.check import Ground
from infra.audit.distinct import Distinct
from infra.audit.findings import Findings
from infra.audit.topic_log import Entry
from infra.audit.versions import VersionsCheck
from topics.messages import headers


def event(version: int, id: str = "") -> Entry:
    named = {headers.ID: id or f"event {version}", headers.SUBJECT: "a", headers.SEQUENCE: str(version)}
    return Entry("basket_events", 0, version, named, b"{}")


def broken(*events: Entry, before: int, after: int | None = None) -> set[str]:
    """before, after: the versions that the state had before and after the events were read."""
    check, findings, distinct = VersionsCheck(), Findings(), Distinct()
    for each in events:
        check.see(each, again=not distinct.is_new(each))
    nothing: Any = None
    ground = Ground(nothing, _of(before), _of(before if after is None else after), at_rest=True)
    asyncio.run(check.judge(ground, findings))
    return set(findings.wrong)


def _of(version: int) -> Mapping[str, Mapping[str, int]]:
    return {domain: {"a": version} if domain == "basket" and version else {} for domain in DOMAINS}


def test_versions_in_order_are_clean_and_a_row_that_went_out_twice_too():
    assert not broken(event(1), event(2), event(1), event(2), event(3), before=3)


def test_a_system_that_goes_on_meanwhile_is_clean():
    assert not broken(event(1), event(2), before=1, after=4)


def test_a_gap_is_seen():
    assert "version gaps" in broken(event(1), event(3), before=3)


def test_two_events_of_one_version_are_seen():
    assert "two events of one version" in broken(event(1), event(1, "other"), before=1)


def test_a_state_that_the_topic_does_not_know_is_seen():
    assert "the topic's last version is not the state's" in broken(event(1), before=2)
    assert "the topic's last version is not the state's" in broken(event(1), event(2), before=1)
