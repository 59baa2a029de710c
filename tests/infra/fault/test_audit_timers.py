"""The audit of timers sees one that is lost, doubled, early or not due, and knows how late they were on a clock that jumps."""

from datetime import UTC, datetime
from math import inf

import pytest

from infra.audit.findings import Findings
from infra.audit.topic_log import Entry
from infra.fault.audits import timers as audit_timers
from infra.fault.audits.timers import SENT_AFTER, Told, lateness
from infra.fault.clock import Spell
from topics.contracts import restaurant_commands, restaurant_events
from topics.contracts.restaurant_commands import BeginCampaign
from topics.contracts.restaurant_events import CampaignBegan, CampaignDetails
from topics.messages import headers

BEGINS = 1_800_000_000.0  # Unix seconds
HOUR = 3600.0
RIGHT = [Spell(0.0, inf, 0.0)]
AHEAD = [Spell(0.0, BEGINS - 1800, 0.0), Spell(BEGINS - 1800, BEGINS - 1700, HOUR), Spell(BEGINS - 1700, inf, 0.0)]
BEHIND = [Spell(0.0, BEGINS - 10, 0.0), Spell(BEGINS - 10, BEGINS + 50, -HOUR), Spell(BEGINS + 50, inf, 0.0)]


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def sent(at: float) -> Entry:
    topic = restaurant_commands.TOPIC
    return Entry(topic.name, 0, 0, {headers.ID: "1"}, topic.encode(BeginCampaign(campaign_id="c")), at)


def began(version: int = 2, at: float = BEGINS, campaign: str = "c") -> Entry:
    topic, start = restaurant_events.TOPIC, moment(BEGINS)
    details = CampaignDetails(
        id=campaign, title="", description="", start_date=start, end_date=start, created_at=start
    )  # fmt: skip
    named = {headers.SUBJECT: "r", headers.SEQUENCE: str(version), headers.TIME: moment(at).isoformat()}
    return Entry(topic.name, 0, 0, named, topic.encode(CampaignBegan(campaign=details, restaurant_name="")), at)


def broken(commands: list[Entry], events: list[Entry], spells: list[Spell]) -> set[str]:
    findings = Findings()
    audit_timers.audit(Told({"c": BEGINS}, commands, events), spells, findings)
    return set(findings.wrong)


def test_a_timer_that_fires_once_at_its_time_is_clean_also_if_it_went_out_twice():
    assert not broken([sent(BEGINS + 1)], [began()], RIGHT)
    assert not broken([sent(BEGINS), sent(BEGINS + 9)], [began(), began()], RIGHT)


def test_one_that_is_lost_doubled_or_not_due_is_seen():
    assert broken([sent(BEGINS)], [], RIGHT) == {"due and never told"}
    assert broken([sent(BEGINS)], [began(2), began(3)], RIGHT) == {"told twice"}
    assert broken([sent(BEGINS)], [began(), began(3, campaign="another")], RIGHT) == {"told and not due"}


def test_one_that_is_early_by_the_domains_clock_is_seen():
    assert broken([sent(BEGINS - 1)], [began()], RIGHT) == {"sent before it was due"}
    assert broken([sent(BEGINS)], [began(at=BEGINS - 1)], RIGHT) == {"decided before it was due"}
    assert not broken([sent(BEGINS - 1750)], [began()], AHEAD)
    assert broken([sent(BEGINS - 1700 + SENT_AFTER + 1)], [began()], AHEAD) == {"sent before it was due"}
    assert broken([sent(BEGINS + 40)], [began()], BEHIND) == {"sent before it was due"}


@pytest.mark.parametrize(
    ("at", "set_at", "spells", "late"),
    [
        (BEGINS + 2, 0, RIGHT, 2.0), (BEGINS + 9, BEGINS + 8, RIGHT, 1.0), (BEGINS - 1790, 0, AHEAD, 10.0),
        (BEGINS + 53, 0, BEHIND, 3.0), (BEGINS + 2, BEGINS + 3, RIGHT, 0.0),
    ],
)  # fmt: skip
def test_it_is_late_since_the_clock_first_said_that_it_is_due(
    at: float, set_at: float, spells: list[Spell], late: float
):
    assert lateness({"c": BEGINS}, set_at, [sent(at), sent(at + 5)], spells) == [late]
