"""The audit of two releases side by side sees what it is there to see."""

import dataclasses
import json
from typing import Any

import pytest

from infra.audit.findings import Findings
from infra.audit.topic_log import Entry
from infra.fault.audits.rolling import audit_answers, audit_counts
from infra.fault.evidence import Evidence, Held
from infra.fault.http_load import Told
from infra.fault.next_release import EVENT
from tests.infra.fault.test_audits import evidence
from topics.messages import headers

TAKEN = {"home": ["counted 1", "counted 2", "counted 3"]}
TOLD = Told("c 2", write=True, began=0.0, ended=0.1, status=200, domain="address")


def replaced(version: int, title: str) -> tuple[int, str, Any]:
    return version, "AddressReplaced", {"address": {"id": "home", "title": title}}


def counted(version: int, changes: int) -> tuple[int, str, Any]:
    return version, EVENT, {"changes": changes}


# The second change was decided by the old release.
GOOD = (replaced(1, "counted 1"), counted(2, 1), replaced(3, "counted 2"), replaced(4, "counted 3"), counted(5, 2))


def found(events: tuple[tuple[int, str, Any], ...], changes: int | None) -> Evidence:
    entries = [
        Entry(
            "address_events", 0, version,
            {headers.TYPE: kind, headers.SUBJECT: "u", headers.SEQUENCE: str(version), headers.ID: f"e {version}",
             headers.CORRELATION: f"c {version}"},
            json.dumps(body).encode(),
        )
        for version, kind, body in events
    ]  # fmt: skip
    made = evidence()
    made.topics["address_events"] = entries
    state = json.dumps({} if changes is None else {"changes": changes})
    return dataclasses.replace(made, stores={**made.stores, "address": Held({"u": (len(events), state)}, {})})


def wrong(events: tuple[tuple[int, str, Any], ...], changes: int | None) -> set[str]:
    findings = Findings()
    audit_counts(TAKEN, found(events, changes), findings)
    return set(findings.wrong)


def test_what_both_releases_have_decided_is_clean():
    assert wrong(GOOD, 2) == set()


@pytest.mark.parametrize(
    ("events", "changes", "promise"),
    [
        ((*GOOD[:4], counted(5, 1)), 1, "written over: the count began again"),
        (GOOD, None, "written over: the state does not have it"),
        ((*GOOD[:2], *GOOD[3:]), 2, "changes lost or doubled"),
        ((*GOOD, replaced(6, "counted 3")), 2, "changes lost or doubled"),
        (tuple(each for each in GOOD if each[1] != EVENT), 0, "one release decided everything"),
    ],
)
def test_what_is_wrong_is_seen(events: tuple[tuple[int, str, Any], ...], changes: int | None, promise: str):
    assert promise in wrong(events, changes)


@pytest.mark.parametrize(
    ("told", "promise"),
    [
        (TOLD, "lost"),
        (dataclasses.replace(TOLD, correlation="c 1", status=0), "failed requests"),
        (dataclasses.replace(TOLD, correlation="c 1", status=503), "failed requests"),
        (dataclasses.replace(TOLD, correlation="c 1"), None),
    ],
)
def test_a_request_that_failed_or_was_lost_is_seen(told: Told, promise: str | None):
    findings = Findings()
    audit_answers([told], found(GOOD, 2), findings)
    assert set(findings.wrong) == (set() if promise is None else {promise})
