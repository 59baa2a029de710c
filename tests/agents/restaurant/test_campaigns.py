"""Campaigns: who may start one, when it runs, and what is shown of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from agents.restaurant.campaigns import MOST
from agents.restaurant.decider import DECIDER
from agents.restaurant.projection import CAMPAIGNS, RESTAURANT, campaign_parts
from tests.agents import scenario
from tests.agents.scenario import COMMAND_ID, ID, LATER, NOW, shown
from topics.contracts.restaurant_commands import ChangeRestaurant, StartCampaign
from topics.contracts.restaurant_events import (
    CampaignDetails,
    CampaignStarted,
    FollowerAdded,
    RestaurantChanged,
    RestaurantDetails,
    RestaurantOpened,
)
from topics.deciding.projection import PartOf
from topics.documents.browse import Campaigns
from topics.messages.ids import derive
from topics.values.fields import Weekday

OWNER = "owner-1"
OPENED = RestaurantOpened(owner_id=OWNER, details=RestaurantDetails(name="Mahmut"), opened_at=NOW)
START = StartCampaign(
    restaurant_id=ID, title="Yarım fiyat", description="Bugün", start_date="2026-03-02", end_date="2026-03-03"
)
RUNNING = CampaignDetails(
    id=derive(COMMAND_ID, "campaign"),
    title="Yarım fiyat",
    description="Bugün",
    start_date=datetime(2026, 3, 1, 21, tzinfo=UTC),
    end_date=datetime(2026, 3, 3, 20, 59, 59, tzinfo=UTC),
    created_at=NOW,
)
STARTED = CampaignStarted(campaign=RUNNING, restaurant_name="Mahmut")


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def started(id: str, ends: datetime, created: datetime = NOW) -> CampaignStarted:
    return CampaignStarted(
        campaign=replace(RUNNING, id=id, end_date=ends, created_at=created), restaurant_name="Mahmut"
    )


def test_a_day_is_meant_in_the_restaurants_zone_and_the_end_day_is_inclusive() -> None:
    given(OPENED).when(START, caller=OWNER).then(STARTED).answering(
        id=RUNNING.id, title="Yarım fiyat", description="Bugün", restaurant_id=ID, restaurant_name="Mahmut",
        start_date="2026-03-01T21:00:00Z", end_date="2026-03-03T20:59:59Z", created_at="2026-03-01T18:30:00Z",
    )  # fmt: skip
    london = RestaurantChanged(details=RestaurantDetails(name="Mahmut", time_zone="Europe/London"), changed_at=NOW)
    outcome = given(OPENED, london).when(START, caller=OWNER)
    outcome.answering(start_date="2026-03-02T00:00:00Z", end_date="2026-03-03T23:59:59Z")


@pytest.mark.parametrize(
    ("said", "meant"),
    [("2026-03-02T10:00:00+01:00", "2026-03-02T09:00:00Z"), ("2026-03-02T10:00Z", "2026-03-02T10:00:00Z"),
     ("2026-03-02T10:00", "2026-03-02T07:00:00Z")],
)  # fmt: skip
def test_a_time_is_meant_as_it_says_and_without_a_zone_in_the_restaurants(said: str, meant: str) -> None:
    given(OPENED).when(replace(START, start_date=said), caller=OWNER).answering(start_date=meant)
    given(OPENED).when(replace(START, end_date=said), caller=OWNER).answering(end_date=meant)


def test_a_campaign_of_one_day_and_one_that_has_begun_are_fine() -> None:
    given(OPENED).when(replace(START, start_date="2026-03-01", end_date="2026-03-01"), caller=OWNER).answering(
        start_date="2026-02-28T21:00:00Z", end_date="2026-03-01T20:59:59Z"
    )


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"end_date": "2026-03-01"}, "end_date"), ({"start_date": "2026-03-03T23:59:59"}, "end_date"),
        ({"start_date": "2026-02-01", "end_date": "2026-02-28"}, "end_date"),
        ({"start_date": "2026-02-01", "end_date": NOW.isoformat()}, "end_date"),
        ({"end_date": "2031-01-01"}, "end_date"), ({"end_date": "9999-12-31T23:59:59-14:00"}, "end_date"),
        ({"start_date": "0001-01-01T00:00:00+14:00"}, "start_date"), ({"start_date": "0001-01-01"}, "start_date"),
        ({"start_date": "2026-02-30"}, "start_date"), ({"end_date": "2026-03-01T19:30<svg>"}, "end_date"),
    ],
)  # fmt: skip
def test_times_that_cannot_be_are_refused_by_their_name(more: dict[str, Any], field: str) -> None:
    given(OPENED).when(replace(START, **more), caller=OWNER).then_rejected("invalid_input", field=field)


@pytest.mark.parametrize("caller", ["another", None])
def test_to_others_a_restaurant_is_not_there(caller: str | None) -> None:
    theirs, missing = given(OPENED).when(START, caller=caller), given().when(START, caller=caller)
    theirs.then_rejected("not_found")
    assert theirs.decision == missing.decision


def test_a_page_of_followers_is_no_restaurant() -> None:
    given(FollowerAdded(user_id=OWNER)).when(START, caller=OWNER).then_rejected("not_found")


def test_who_says_it_twice_has_one_campaign() -> None:
    again = given(OPENED, STARTED).when(START, caller=OWNER, now=LATER, command_id="another")
    again.then_nothing().answering(id=RUNNING.id)
    other = given(OPENED, STARTED).when(replace(START, title="Başka"), caller=OWNER, now=LATER, command_id="another")
    assert len(other.decision.events) == 1


def test_a_restaurant_has_so_many_campaigns_that_are_not_over() -> None:
    ends = NOW + timedelta(days=1)
    many = [started(f"c-{n}", ends + timedelta(seconds=n)) for n in range(MOST)]
    given(OPENED, *many[:-1]).when(START, caller=OWNER).then(STARTED)
    given(OPENED, *many).when(START, caller=OWNER).then_rejected("too_many_campaigns")
    outcome = given(OPENED, *many).when(START, caller=OWNER, now=ends + timedelta(milliseconds=500))
    assert len(outcome.decision.events) == 1, "one of them is over"


def test_those_that_are_over_leave_when_a_new_one_comes() -> None:
    ends = NOW + timedelta(hours=1)
    old, new = started("old", ends), started("new", ends + timedelta(days=1), created=ends + timedelta(minutes=1))
    assert [each.id for each in given(OPENED, old, new).state.campaigns] == ["new"]
    document = shown(CAMPAIGNS, OPENED, old, new)
    assert [each.id for each in document.campaigns] == ["new"]
    assert campaign_parts(document) == {
        PartOf(f"campaigns:{place}", f"{ID}/new"): (ends + timedelta(days=1)).timestamp()
        for place in ("everywhere", ID)
    }


def test_a_restaurant_keeps_its_campaigns_when_it_changes() -> None:
    hours: dict[Weekday, str] = {"mon": "09:00-17:00"}
    outcome = given(OPENED, STARTED).when(ChangeRestaurant(opening_hours=hours), caller=OWNER)
    assert outcome.state.campaigns == (RUNNING,)


def test_the_view_is_what_the_command_answered() -> None:
    outcome = given(OPENED).when(START, caller=OWNER)
    assert shown(CAMPAIGNS, OPENED, *outcome.decision.events) == Campaigns(campaigns=(outcome.decision.answer,))  # type: ignore[arg-type]


def test_a_campaign_is_shown_under_the_name_that_its_restaurant_has_now() -> None:
    renamed = RestaurantChanged(details=RestaurantDetails(name="Mahmut Usta"), changed_at=LATER)
    assert [each.restaurant_name for each in shown(CAMPAIGNS, OPENED, STARTED, renamed).campaigns] == ["Mahmut Usta"]


def test_a_restaurant_is_shown_as_before_and_one_without_campaigns_is_not_listed_with_any() -> None:
    assert shown(RESTAURANT, OPENED, STARTED) == shown(RESTAURANT, OPENED)
    assert shown(CAMPAIGNS, OPENED) is None
    assert (
        shown(CAMPAIGNS, FollowerAdded(user_id="u")) is None and shown(RESTAURANT, FollowerAdded(user_id="u")) is None
    )
