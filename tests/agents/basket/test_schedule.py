"""Dates and times of an order, seen from every zone of the earth."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from agents.basket.decider import DECIDER
from agents.basket.facts import Facts, MealFacts
from agents.basket.schedule import refusal
from tests.agents import scenario
from tests.agents.scenario import NOW
from topics.basket_commands import AddItem, ChangeItem, Checkout
from topics.basket_events import LineSet
from topics.message import Message

KEBAP = "kebap"
MENU = Facts(
    meals={KEBAP: MealFacts(restaurant_id="mahmut", name="Adana", price=245.5, image_url="", is_available=True)}
)
ZONES = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def code(said: str, now: datetime = NOW) -> str | None:
    refused = refusal(said, now)
    if refused is None:
        return None
    assert refused.field == "schedule_date" and refused.detail
    return refused.code


@drawn(MOMENTS, ZONES)
def test_today_is_no_past_wherever_the_user_is(now: datetime, zone: timezone) -> None:
    here = now.astimezone(zone)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    in_utc = midnight.astimezone(UTC).isoformat().replace("+00:00", "Z")
    for said in (
        f"{here:%Y-%m-%d}",
        f"{midnight:%Y-%m-%dT%H:%M}",
        f"{here:%Y-%m-%d %H:%M}",
        midnight.isoformat(),
        in_utc,
    ):
        assert code(said, now) is None, said


@drawn(MOMENTS, ZONES)
def test_the_day_before_yesterday_is_past_wherever_the_user_is(now: datetime, zone: timezone) -> None:
    over = now.astimezone(zone) - timedelta(days=3)
    for said in (f"{over:%Y-%m-%d}", f"{over:%Y-%m-%dT%H:%M}", over.isoformat()):
        assert code(said, now) == "schedule_in_past", said


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2026-03-01", None),
        ("2026-02-28", "schedule_in_past"),  # NOW is 18:30 UTC of the 1st: the 28th ended last at 12:00
        ("2026-02-28T17:00Z", "schedule_in_past"),
        ("2026-02-28T21:00:00.000Z", None),  # the midnight with which the 1st begins in Turkey
        ("2026-03-01T09:00[Europe/Istanbul]", None),
        ("2026-02-28T23:00[Europe/Istanbul]", "schedule_in_past"),
        ("9999-12-31", None),
        ("9999-12-31T23:59-12:00", None),
        ("0001-01-01T00:00+14:00", "schedule_in_past"),
        ("0000-01-01", "invalid_input"),
        ("2026-02-30", "invalid_input"),
        ("2026-13-01T10:00", "invalid_input"),
    ],
)
def test_what_is_written_means_what_clients_mean(said: str, expected: str | None) -> None:
    assert code(said) == expected


@pytest.mark.parametrize(
    "command",
    [
        AddItem(meal_id=KEBAP, quantity=1, schedule_date="2020-01-01"),
        ChangeItem(meal_id=KEBAP, schedule_date="2020-01-01"),
        Checkout(payment_method="cash", schedule_date="2020-01-01"),
    ],
    ids=lambda command: type(command).__name__,
)
def test_whatever_names_a_past_day_is_refused(command: Message) -> None:
    filled: Any = scenario.given(DECIDER).when(AddItem(meal_id=KEBAP, quantity=1), facts=MENU).decision.events
    assert isinstance(filled[0], LineSet)
    scenario.given(DECIDER, *filled).when(command, facts=MENU).then_rejected("schedule_in_past", field="schedule_date")
