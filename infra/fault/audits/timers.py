"""Each timer that was due has fired once, none before its time, and the others wait; and how late they were."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import inf
from typing import NamedTuple

import msgspec

from infra.audit.findings import Findings
from infra.audit.topic_log import Entry
from infra.fault.clock import Spell, due_from, was_due
from topics.contracts.restaurant_commands import BeginCampaign
from topics.contracts.restaurant_events import CampaignBegan
from topics.messages import headers

SENT_AFTER = 30.0
"""Seconds from the store's answer that a timer is due to its place in the log, at most: a process may be stopped in between."""

_command = msgspec.json.Decoder(BeginCampaign)
_event = msgspec.json.Decoder(CampaignBegan)


class Told(NamedTuple):
    """due: campaign → when it begins, Unix seconds by the domain's clock, of those that had to. sent: entries of BeginCampaign.
    began: entries of CampaignBegan."""

    due: Mapping[str, float]
    sent: Sequence[Entry]
    began: Sequence[Entry]


def audit(told: Told, spells: Sequence[Spell], findings: Findings) -> None:
    events = {(entry.aggregate, entry.version): entry for entry in told.began}.values()  # once each
    began = Counter(_event.decode(entry.body).campaign.id for entry in events)
    findings.breaks("due and never told", (campaign for campaign in told.due if not began[campaign]))
    findings.breaks("told twice", (f"{campaign}: {n}" for campaign, n in began.items() if n > 1))
    findings.breaks("told and not due", (campaign for campaign in began if campaign not in told.due))
    findings.breaks("sent before it was due", _early(told, spells))
    findings.breaks("decided before it was due", (entry.aggregate for entry in events if _at(entry) < _begins(entry)))
    commands = Counter(entry.id for entry in told.sent)
    findings.measured(fired=len(began), sent=len(told.sent), sent_again=len(told.sent) - len(commands))


def _early(told: Told, spells: Sequence[Spell]) -> list[str]:
    return [
        f"{campaign} at {entry.at}"
        for entry in told.sent
        for campaign in (_command.decode(entry.body).campaign_id,)
        if not was_due(told.due.get(campaign, inf), entry.at - SENT_AFTER, entry.at, spells)
    ]


def _at(event: Entry) -> datetime:
    return datetime.fromisoformat(event.headers[headers.TIME])


def _begins(event: Entry) -> datetime:
    return _event.decode(event.body).campaign.start_date


def lateness(due: Mapping[str, float], set_at: float, sent: Sequence[Entry], spells: Sequence[Spell]) -> list[float]:
    """Seconds from the moment when a timer was due to its first command in the log, of those that are named in `due`, sorted.

    set_at: Unix seconds by the real clock: before, none of them could be sent.
    """
    first: dict[str, float] = {}
    for entry in sent:
        campaign = _command.decode(entry.body).campaign_id
        first[campaign] = min(entry.at, first.get(campaign, entry.at))
    late = (at - due_from(due[campaign], set_at, spells) for campaign, at in first.items() if campaign in due)
    return sorted(max(0.0, seconds) for seconds in late)


def quantile(values: Sequence[float], share: float) -> float | None:
    """values: sorted."""
    return round(values[min(len(values) - 1, int(len(values) * share))], 3) if values else None
