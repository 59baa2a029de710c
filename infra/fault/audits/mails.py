"""Every mail that was asked for went out once; a second time only where a kill met it on its way, and that is counted."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from infra.audit.findings import Findings
from infra.audit.topic_log import Entry
from infra.fault.evidence import Evidence
from infra.fault.plans.planned import Planned
from infra.mailbox.store import MailStore
from infra.stack.stage import Stage
from topics.contracts import email_event, notification_events
from topics.contracts.notification_events import MailRequested


def audit(plan: Sequence[Planned], stage: Stage, evidence: Evidence, findings: Findings, agents: Sequence[str]) -> None:
    """agents: names of the processes, whose logs name the effects that were begun twice."""
    wanted = Counter(each.key for each in plan if each.topic is email_event.TOPIC)
    asked = Counter(_to(event) for event in requests(evidence))
    findings.breaks("mails requested not once each", (f"{to}: {asked[to]}" for to in wanted if asked[to] != wanted[to]))
    out(stage, (event.id for event in requests(evidence)), findings, agents)


def out(stage: Stage, requested: Iterable[str], findings: Findings, agents: Sequence[str], in_flight: int = 0) -> None:
    """requested: ids of events. agents: see audit.

    in_flight: mails that a mail server may have taken before it went away without an answer.
    """
    got = Counter(mail.message_id for mail in MailStore(stage.stack.site.data.mail).all())
    expected = {f"<{id}@lezzet>" for id in requested}
    findings.breaks("mails lost", expected - got.keys())
    findings.breaks("mails that nobody asked for", got.keys() - expected)
    repeated = effects_repeated(line for name in agents for line in stage.log_lines(name))
    twice = [name for name, times in got.items() for _ in range(times - 1 - repeated[name])]
    if len(twice) > in_flight:
        findings.breaks("mails out more often than kills explain", (f"{name}: {got[name]} times" for name in twice))
    findings.measured(mails=len(got), mails_again=sum(got.values()) - len(got), effects_repeated=sum(repeated.values()))


def requests(evidence: Evidence) -> list[Entry]:
    return [event for event in evidence.distinct("notification") if event.type == "MailRequested"]


def _to(event: Entry) -> str:
    requested = notification_events.TOPIC.decode(event.type, event.body, event.schema_version)
    assert isinstance(requested, MailRequested)
    return requested.to


class _Line(msgspec.Struct):
    event: str = ""
    effect: str = ""


def effects_repeated(lines: Iterable[str]) -> Counter[str]:
    """Message-ID → how often the runtime said that it begins this effect again."""
    found: Counter[str] = Counter()
    for line in lines:
        if "effect_repeated" in line:
            said = msgspec.json.decode(line, type=_Line)
            found[f"<{said.effect}@lezzet>"] += 1
    return found
