"""Each campaign is told on every page of its restaurant, and each follower who is told gets one letter of it.

A follower who wants no more news, or is erased, while a page is told is still named on it, and gets no letter.
"""

from collections import Counter
from collections.abc import Iterator
from math import inf

from infra.audit.findings import Findings
from infra.audit.topic_log import Entry
from infra.fault.evidence import Evidence
from topics.contracts import all_topics
from topics.contracts.notification_events import LetterKept, MailRequested, PreferencesRemembered, RecipientErased
from topics.contracts.restaurant_events import Announced, CampaignStarted
from topics.messages.message import Message

Told = Counter[tuple[str, str]]
"""(user, subject of the letter) → how often."""

_PUBLISHED_WITHIN = 60.0  # seconds: an event may be decided before another and stand in its topic later


def audit(evidence: Evidence, findings: Findings) -> None:
    told, at, campaigns = _announced(evidence)
    findings.breaks("told of a campaign twice", (f"{user}: {what}" for (user, what), n in told.items() if n > 1))
    letters, until = _letters(evidence), _unwilling(evidence)
    missing = told - letters
    unwilling = {each for each in missing if until.get(each[0], -inf) > at[each] - _PUBLISHED_WITHIN}
    findings.breaks("letters of campaigns lost", (f"{user}: {what}" for user, what in missing.keys() - unwilling))
    findings.breaks(
        "letters of campaigns doubled", (f"{each}: {letters[each]}" for each in told if letters[each] > told[each])
    )
    findings.measured(campaigns=campaigns, followers_told=sum(told.values()), told_too_late=len(unwilling))


def _announced(evidence: Evidence) -> tuple[Told, dict[tuple[str, str], float], int]:
    """Who was told what, when (Unix seconds), and how many campaigns there were."""
    topic, told, at, campaigns = all_topics()["restaurant_events"], Told(), dict[tuple[str, str], float](), 0
    for entry in evidence.distinct("restaurant"):
        event = topic.decode(entry.type, entry.body, entry.schema_version)
        campaigns += isinstance(event, CampaignStarted)
        if isinstance(event, Announced):
            subject = f"{event.restaurant_name}: {event.campaign.title}"
            told.update((user, subject) for user in event.user_ids)
            at.update(((user, subject), entry.at) for user in event.user_ids)
    return told, at, campaigns


def _letters(evidence: Evidence) -> Told:
    """A letter is kept until its user's address is known, and then requested: it counts when it is first written down."""
    kept, asked = Told(), Told()
    for entry, event in _notified(evidence):
        if isinstance(event, LetterKept):
            kept[entry.aggregate, event.letter.subject] += 1
        if isinstance(event, MailRequested):
            asked[entry.aggregate, event.letter.subject] += 1
    return kept | asked


def _unwilling(evidence: Evidence) -> dict[str, float]:
    """User → until when no news of campaigns were wanted, Unix seconds; inf for who still wants none."""
    until = dict[str, float]()
    for entry, event in _notified(evidence):
        if isinstance(event, RecipientErased):
            until[entry.aggregate] = inf
        if isinstance(event, PreferencesRemembered):
            if not event.preferences.wants_campaigns:
                until[entry.aggregate] = inf
            elif until.get(entry.aggregate) == inf:
                until[entry.aggregate] = entry.at
    return until


def _notified(evidence: Evidence) -> Iterator[tuple[Entry, Message]]:
    topic = all_topics()["notification_events"]
    for entry in evidence.distinct("notification"):
        yield entry, topic.decode(entry.type, entry.body, entry.schema_version)
