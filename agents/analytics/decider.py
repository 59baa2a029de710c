"""Who is given figures of a restaurant: its owner, so many times an hour. What they are was asked before (analyst.py)."""

from collections.abc import Iterable

from agents.analytics.facts import Facts
from agents.analytics.reports import MOST_AN_HOUR, Reports
from topics.contracts.analytics_commands import Command
from topics.contracts.analytics_events import Event, ReportGiven
from topics.copies import RESTAURANTS
from topics.deciding.days import faults_of
from topics.deciding.decision import Context, Decider, Decision, StalePreparation, accept, reject
from topics.documents.analytics import Report


def decide(command: Command, reports: Reports, facts: Facts, context: Context) -> Decision[Event]:
    """context.prepared: a Report; a text that says why there is none; None where the preparation has not found the caller's
    restaurant."""
    known = facts.owned(command.restaurant_id, context.caller)
    if known is None or command.restaurant_id != context.aggregate_id:
        return reject("not_found", "you have no such restaurant")
    for fault in faults_of(command.first, command.last):
        return reject("invalid_input", fault.why, field=fault.field)
    if reports.exhausted(context.now):
        return reject("too_many_reports", f"at most {MOST_AN_HOUR} reports an hour are made for a restaurant")
    if isinstance(context.prepared, str):
        return reject("analytics_away", context.prepared)
    if not isinstance(context.prepared, Report):
        raise StalePreparation
    report = context.prepared
    given = ReportGiven(first=report.first, last=report.last, at=context.now)
    return accept(given, answer=report)


def evolve(reports: Reports, event: Event) -> Reports:
    return reports.with_one(event.at)


def needs(command: Command, reports: Reports) -> Iterable[tuple[str, str]]:
    yield RESTAURANTS.name, command.restaurant_id


DECIDER = Decider[Command, Event, Reports, Facts](
    state=Reports, decide=decide, evolve=evolve, facts=Facts, fact_tables=(RESTAURANTS,), needs=needs
)
