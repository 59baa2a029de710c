"""The audits see what they are there to see: an audit that finds nothing in bad evidence proves nothing."""

import dataclasses
from random import Random

import msgspec
import pytest

from agents.domains import DOMAINS
from infra.audit.findings import Findings
from infra.audit.topic_log import Entry
from infra.fault.audits import answers as audit_answers
from infra.fault.audits import dead as audit_dead
from infra.fault.audits import outcomes as audit_outcomes
from infra.fault.audits import photos as audit_photos
from infra.fault.audits.mails import effects_repeated
from infra.fault.evidence import Evidence, Held
from infra.fault.http_load import Told
from infra.fault.plans.plan import SOURCE, Town
from infra.fault.plans.planned import Planned
from topics.contracts import all_topics
from topics.contracts.basket_commands import AddItem
from topics.messages import headers
from topics.messages.reply import Reply


def event(version: int, *, cause: str = "c", id: str = "", aggregate: str = "a") -> Entry:
    named = {
        headers.ID: id or f"event {version}",
        headers.TYPE: "Cleared",
        headers.SUBJECT: aggregate,
        headers.SEQUENCE: str(version),
        headers.CAUSATION: cause,
        headers.CORRELATION: cause,
    }
    return Entry("basket_events", 0, version, named, b"{}")


def evidence(*events: Entry, version: int = 0, inbox: dict[tuple[str, str], str | None] | None = None) -> Evidence:
    stores = {domain: Held({}, {}) for domain in DOMAINS}
    stores["basket"] = Held({"a": (version, "{}")} if version else {}, inbox or {})
    topics = {name: list[Entry]() for name in all_topics()}
    topics["basket_events"] = list(events)
    return Evidence(stores, topics, [])


@pytest.fixture
def planned() -> Planned:
    return next(each for each in Town(Random(1)).load(50, 5) if isinstance(each.message, AddItem) and not each.code)


def broken_outcomes(planned: Planned, found: Evidence) -> set[str]:
    findings = Findings()
    audit_outcomes.audit([planned], found, findings)
    return set(findings.wrong)


def done(planned: Planned, code: str | None = None) -> dict[tuple[str, str], str | None]:
    reply = Reply(operation_id=planned.id or "", status="failed" if code else "done", code=code)
    return {(SOURCE, planned.id or ""): msgspec.json.encode(reply).decode()}


def test_one_outcome_and_one_event_are_clean(planned: Planned):
    assert not broken_outcomes(planned, evidence(event(1, cause=planned.id or ""), inbox=done(planned)))


def test_a_lost_command_is_seen(planned: Planned):
    assert "lost: no inbox outcome" in broken_outcomes(planned, evidence())


def test_a_lost_event_is_seen(planned: Planned):
    assert "lost: accepted, but no event" in broken_outcomes(planned, evidence(inbox=done(planned)))


def test_a_doubled_command_is_seen(planned: Planned):
    twice = evidence(event(1, cause=planned.id or ""), event(2, cause=planned.id or ""), inbox=done(planned))
    assert "doubled: several events of one command" in broken_outcomes(planned, twice)


def test_another_outcome_than_the_plans_is_seen(planned: Planned):
    refused = evidence(event(1, cause=planned.id or ""), inbox=done(planned, "basket_full"))
    assert "another outcome than the plan's" in broken_outcomes(planned, refused)


TOLD = Told("told-1", True, 0.0, 0.1, 200)


@pytest.mark.parametrize(
    ("told", "effects", "promise"),
    [
        (TOLD, 0, "lost: told done or pending, but no effect"),
        (TOLD, 2, "doubled"),
        (dataclasses.replace(TOLD, status=503, problem=True, retry_after=True), 1, "answered 503, and took effect"),
        (dataclasses.replace(TOLD, status=503), 0, "503 without problem+json or Retry-After"),
        (dataclasses.replace(TOLD, status=202, operation="o"), 1, "pending operations without outcome"),
        (dataclasses.replace(TOLD, ended=3.5), 1, "slower than 3.0 s"),
        (dataclasses.replace(TOLD, status=0), 0, "not answered at all"),
        (dataclasses.replace(TOLD, status=500), 0, "unexpected answers"),
    ],
)
def test_an_answer_that_is_not_true_is_seen(told: Told, effects: int, promise: str):
    findings = Findings()
    audit_answers.audit([told], evidence(*(event(n + 1, cause="told-1") for n in range(effects))), findings)
    assert promise in findings.wrong


def test_a_dead_letter_is_seen():
    found, findings = evidence(), Findings()
    found.dead.append(event(1))
    audit_dead.audit(found.dead, findings)
    assert set(findings.wrong) == {"dead letters"}


def test_repeated_effects_are_counted_by_message_id():
    line = '{"group":"notification.effect","effect":"e1","event":"effect_repeated","level":"warning"}'
    assert effects_repeated([line, "no JSON", line]) == {"<e1@lezzet>": 2}


@pytest.mark.parametrize(
    ("events", "promise"),
    [
        (("PhotoAdded", "PhotoAccepted", "PhotoShown"), None),
        (("PhotoAdded",), "photos that were not checked exactly once"),
        (("PhotoAdded", "PhotoAccepted", "PhotoAccepted", "PhotoShown"), "photos that were not checked exactly once"),
        (("PhotoAdded", "PhotoRefused"), "good photos that were refused"),
        (("PhotoAdded", "PhotoAccepted"), "accepted photos that are not shown once"),
    ],
)
def test_a_photo_that_is_lost_doubled_or_refused_is_seen(events: tuple[str, ...], promise: str | None):
    found, findings = evidence(), Findings()
    for version, kind in enumerate(events, 1):
        each = event(version)
        found.topics["photo_events"].append(dataclasses.replace(each, headers={**each.headers, headers.TYPE: kind}))
    audit_photos.audit(found, findings)
    assert (promise is None and findings.clean) or promise in findings.wrong
