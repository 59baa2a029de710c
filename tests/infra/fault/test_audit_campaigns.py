"""The audit of campaigns sees a letter that is lost and one that is doubled."""

from datetime import UTC, datetime

import pytest

from infra.audit.findings import Findings
from infra.audit.topic_log import Entry
from infra.fault.audits import campaigns as audit_campaigns
from infra.fault.evidence import Evidence
from topics.contracts import all_topics
from topics.contracts.notification_events import (
    Letter,
    LetterKept,
    MailRequested,
    PreferencesRemembered,
    RecipientErased,
)
from topics.contracts.restaurant_events import Announced, CampaignDetails
from topics.contracts.user_events import Preferences
from topics.messages import headers
from topics.messages.message import Message

AT = datetime(2026, 3, 1, tzinfo=UTC)
CAMPAIGN = CampaignDetails(id="c", title="Half", description="", start_date=AT, end_date=AT, created_at=AT)
TOLD = Announced(campaign=CAMPAIGN, restaurant_name="Mahmut", user_ids=("u",))
LETTER = Letter(template="discount", variables={}, subject="Mahmut: Half")
NONE = PreferencesRemembered(preferences=Preferences(campaigns=False))
AGAIN = PreferencesRemembered(preferences=Preferences())
ERASED = RecipientErased(erased_at=AT)
KEPT, ASKED = LetterKept(letter=LETTER), MailRequested(to="u@example.com", letter=LETTER)


def event(topic: str, aggregate: str, version: int, message: Message, at: float = 0.0) -> Entry:
    named = {
        headers.ID: f"{aggregate} {version}", headers.TYPE: type(message).__name__, headers.SUBJECT: aggregate,
        headers.SEQUENCE: str(version),
    }  # fmt: skip
    return Entry(topic, 0, version, named, all_topics()[topic].encode(message), at)


def broken(told: list[Message], letters: list[Message], told_at: float = 0.0) -> set[str]:
    """What the audit of these events says. told_at: Unix seconds; all letters are of 0."""
    topics = {name: list[Entry]() for name in all_topics()}
    topics["restaurant_events"] = [
        event("restaurant_events", "r:followers:1", n, each, told_at) for n, each in enumerate(told, 1)
    ]
    topics["notification_events"] = [event("notification_events", "u", n, each) for n, each in enumerate(letters, 1)]
    findings = Findings()
    audit_campaigns.audit(Evidence({}, topics, []), findings)
    return set(findings.wrong)


@pytest.mark.parametrize("letters", [[KEPT], [ASKED], [KEPT, ASKED]])
def test_one_letter_of_a_campaign_is_clean_also_where_it_had_to_wait(letters: list[Message]):
    assert not broken([TOLD], letters)


def test_a_letter_that_is_lost_is_seen():
    assert broken([TOLD], []) == {"letters of campaigns lost"}


@pytest.mark.parametrize("news", [[NONE], [ERASED], [NONE, ERASED], [NONE, AGAIN]])
def test_who_wants_no_news_while_a_campaign_is_told_gets_no_letter(news: list[Message]):
    assert not broken([TOLD], news)


@pytest.mark.parametrize("news", [[AGAIN], [NONE, AGAIN]])
def test_a_letter_to_who_wants_news_again_since_long_is_lost(news: list[Message]):
    assert broken([TOLD], news, told_at=3600.0) == {"letters of campaigns lost"}


@pytest.mark.parametrize("letters", [[KEPT, KEPT], [ASKED, ASKED]])
def test_a_letter_that_is_doubled_is_seen(letters: list[Message]):
    assert broken([TOLD], letters) == {"letters of campaigns doubled"}


def test_a_follower_who_is_told_twice_is_seen():
    assert "told of a campaign twice" in broken([TOLD, TOLD], [KEPT, KEPT])
