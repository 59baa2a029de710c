"""Each campaign is told on every page of its restaurant, and each follower who is told gets one letter of it."""

from collections import Counter

from infra.audit.findings import Findings
from infra.fault.evidence import Evidence
from topics.contracts import all_topics
from topics.contracts.notification_events import LetterKept, MailRequested
from topics.contracts.restaurant_events import Announced, CampaignStarted

Told = Counter[tuple[str, str]]
"""(user, subject of the letter) → how often."""


def audit(evidence: Evidence, findings: Findings) -> None:
    told, campaigns = _announced(evidence)
    findings.breaks("told of a campaign twice", (f"{user}: {what}" for (user, what), n in told.items() if n > 1))
    letters = _letters(evidence)
    findings.breaks("letters of campaigns lost", (f"{user}: {what}" for user, what in told - letters))
    findings.breaks(
        "letters of campaigns doubled", (f"{each}: {letters[each]}" for each in told if letters[each] > told[each])
    )
    findings.measured(campaigns=campaigns, followers_told=sum(told.values()))


def _announced(evidence: Evidence) -> tuple[Told, int]:
    topic, told, campaigns = all_topics()["restaurant_events"], Told(), 0
    for entry in evidence.distinct("restaurant"):
        event = topic.decode(entry.type, entry.body, entry.schema_version)
        campaigns += isinstance(event, CampaignStarted)
        if isinstance(event, Announced):
            subject = f"{event.restaurant_name}: {event.campaign.title}"
            told.update((user, subject) for user in event.user_ids)
    return told, campaigns


def _letters(evidence: Evidence) -> Told:
    """A letter is kept until its user's address is known, and then requested: it counts when it is first written down."""
    topic, kept, asked = all_topics()["notification_events"], Told(), Told()
    for entry in evidence.distinct("notification"):
        event = topic.decode(entry.type, entry.body, entry.schema_version)
        if isinstance(event, LetterKept):
            kept[entry.aggregate, event.letter.subject] += 1
        if isinstance(event, MailRequested):
            asked[entry.aggregate, event.letter.subject] += 1
    return kept | asked
