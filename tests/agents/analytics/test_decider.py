from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from agents.analytics.decider import DECIDER
from agents.analytics.facts import Facts
from agents.analytics.reports import MOST_AN_HOUR
from tests.agents import scenario
from tests.agents.scenario import ID, NOW
from topics.contracts.analytics_commands import ComputeReport
from topics.contracts.analytics_events import ReportGiven
from topics.copies import RestaurantCopy
from topics.deciding.decision import StalePreparation
from topics.documents.analytics import Acceptance, Report

OWNER, OTHER = "owner-1", "owner-2"
MINE = Facts({ID: RestaurantCopy(name="Lokanta", is_open=True, delivery_fee=0, min_order_price=0, owner_id=OWNER)})
ASK = ComputeReport(restaurant_id=ID)
REPORT = Report(
    restaurant_id=ID, first=date(2026, 2, 23), last=date(2026, 3, 1), time_zone="Europe/Istanbul", orders=1, sold=0, revenue=0,
    refunded=0, hours=(), acceptance=Acceptance(accepted=0, rejected=0, expired=0, seconds=None), meals=(), reasons=(),
    complete=True, note=None,
)  # fmt: skip
GIVEN = ReportGiven(first=REPORT.first, last=REPORT.last, at=NOW)


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def test_its_owner_gets_the_figures_that_were_found():
    done = given().when(ASK, facts=MINE, caller=OWNER, prepared=REPORT)
    done.then(GIVEN).answering(restaurant_id=ID, orders=1, **{"from": "2026-02-23", "to": "2026-03-01"})


@pytest.mark.parametrize("caller", [OTHER, "", None])
def test_nobody_but_the_owner_gets_a_restaurants_figures(caller: str | None):
    given().when(ASK, facts=MINE, caller=caller, prepared=REPORT).then_rejected("not_found")


def test_an_owner_gets_no_figures_of_another_restaurant():
    given().when(replace(ASK, restaurant_id="other"), facts=MINE, caller=OWNER, prepared=REPORT).then_rejected(
        "not_found"
    )


def test_where_the_server_is_away_its_owner_is_told_so():
    done = given().when(ASK, facts=MINE, caller=OWNER, prepared="not now").then_rejected("analytics_away")
    assert done.decision.rejection is not None and done.decision.rejection.detail == "not now"


def test_what_was_asked_before_the_restaurant_was_known_is_asked_again():
    with pytest.raises(StalePreparation):
        given().when(ASK, facts=MINE, caller=OWNER, prepared=None)


def test_so_many_an_hour_and_no_more():
    full = [GIVEN] * MOST_AN_HOUR
    given(*full).when(ASK, facts=MINE, caller=OWNER, prepared="").then_rejected("too_many_reports")
    later = NOW + timedelta(hours=1)
    given(*full).when(ASK, facts=MINE, caller=OWNER, prepared=REPORT, now=later).then(replace(GIVEN, at=later))
    given(*full[1:]).when(ASK, facts=MINE, caller=OWNER, prepared=REPORT).then(GIVEN)


def test_an_impossible_span_is_refused_by_the_domain_too():
    ask = replace(ASK, first=date(2026, 3, 2), last=date(2026, 3, 1))
    given().when(ask, facts=MINE, caller=OWNER, prepared="").then_rejected("invalid_input", field="to")
