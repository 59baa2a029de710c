"""What a restaurant's orders come to, for its owner."""

from datetime import date

import msgspec

from http_edge.routing.asked import Asked, parameter
from http_edge.routing.routes import RESTAURANT_OWNER, Nothing, ViewOf, command
from http_edge.web.browse.restaurants import RESTAURANT
from http_edge.wire.problems import all_invalid
from topics.contracts.analytics_commands import TOPIC, ComputeReport
from topics.deciding.days import faults_of
from topics.documents.analytics import Report
from topics.values.faults import Invalid


class ReportAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Days of the restaurant's time zone, both included: at most 31 of them. The last week where none is said."""

    first: date | None = msgspec.field(default=None, name="from")
    last: date | None = msgspec.field(default=None, name="to")


def _wish(asked: Asked) -> ComputeReport:
    """Raises Problem 422."""
    wish: ReportAsked = asked.asks
    faults = faults_of(wish.first, wish.last)
    if faults:
        raise all_invalid(Invalid(faults))
    return ComputeReport(restaurant_id=asked.parameters["id"], first=wish.first, last=wish.last)


def _sees(asked: Asked) -> list[tuple[ViewOf, str]]:
    return [(RESTAURANT, asked.parameters["id"])]


ROUTES = (
    command(
        "GET", "/restaurants/{id}/analytics", ComputeReport, to=TOPIC, takes=Nothing, asks=ReportAsked, make=_wish,
        key=parameter("id"), who=RESTAURANT_OWNER, gives=Report, has_seen=_sees,
        answers={429: "too_many_reports", 503: "analytics_away"},
        says="What orders came to, by hour: orders and revenue, how soon they were accepted, the meals sold most, and why"
        " orders came to nothing. It is computed when it is asked for; 202 where that takes longer than two seconds.",
    ),
)  # fmt: skip
