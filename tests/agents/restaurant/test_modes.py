"""Busy mode and pause: who may say it, for how long, what is shown meanwhile, and what ends it."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import asdict, replace

from agents.restaurant.decider import DECIDER
from agents.restaurant.projection import RESTAURANT
from tests.agents import scenario
from tests.agents.scenario import ID, LATER, NOW, shown
from topics.contracts.restaurant_commands import BeBusy, ChangeRestaurant, EndBusy, PauseOrders, ResumeOrders
from topics.contracts.restaurant_events import (
    Busy,
    ModesChanged,
    Pause,
    RatingCounted,
    RestaurantChanged,
    RestaurantDetails,
    RestaurantOpened,
)
from topics.copies import RESTAURANTS
from topics.deciding.decision import Fired, Timer
from topics.documents.browse import RestaurantNow
from topics.messages.event import EventMeta
from topics.messages.message import Message
from topics.search_index import restaurant_traits

OWNER = "owner-1"
OPENED = RestaurantOpened(owner_id=OWNER, details=RestaurantDetails(name="Mahmut", prep_time=25), opened_at=NOW)
UNTIL = NOW + timedelta(minutes=45)
BUSY = Busy(until=UNTIL, prep_time=60)
PAUSE = Pause(until=UNTIL, reason="Fırın arızalı")
BUSY_SAID = ModesChanged(busy=BUSY, prep_time=60, changed_at=NOW)
PAUSE_SAID = ModesChanged(pause=PAUSE, prep_time=25, changed_at=NOW)
BE_BUSY, TAKE_A_BREAK = BeBusy(minutes=45, prep_time=60), PauseOrders(minutes=45, reason="Fırın arızalı")
COMMANDS: list[Message] = [BE_BUSY, EndBusy(), TAKE_A_BREAK, ResumeOrders()]


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def test_a_busy_restaurant_takes_longer_until_a_timer_ends_it() -> None:
    outcome = given(OPENED).when(BE_BUSY, caller=OWNER)
    outcome.then(BUSY_SAID).answering(prep_time=60, open_now=True).setting(Timer("busy", UNTIL, EndBusy()))
    over = ModesChanged(prep_time=25, changed_at=UNTIL)
    fired = given(OPENED, BUSY_SAID).when(EndBusy(), caller=None, fired=Fired("busy", UNTIL), now=UNTIL)
    fired.then(over)
    assert shown(RESTAURANT, OPENED, BUSY_SAID).prep_time == 60
    assert shown(RESTAURANT, OPENED, BUSY_SAID, over).prep_time == 25


def test_a_pause_takes_no_orders_until_a_timer_ends_it() -> None:
    outcome = given(OPENED).when(TAKE_A_BREAK, caller=OWNER)
    outcome.then(PAUSE_SAID).answering(open_now=False, status="open").setting(Timer("pause", UNTIL, ResumeOrders()))
    over = ModesChanged(prep_time=25, changed_at=UNTIL)
    fired = given(OPENED, PAUSE_SAID).when(ResumeOrders(), caller=None, fired=Fired("pause", UNTIL), now=UNTIL)
    fired.then(over)
    assert not [name for name in restaurant_traits(shown(RESTAURANT, OPENED, PAUSE_SAID)).own if name == "always"]
    assert "always" in restaurant_traits(shown(RESTAURANT, OPENED, PAUSE_SAID, over)).own


def test_a_pause_that_is_over_counts_for_nothing_though_its_timer_is_late() -> None:
    given(OPENED, PAUSE_SAID).when(ChangeRestaurant(), caller=OWNER, now=UNTIL).answering(open_now=True)
    given(OPENED, PAUSE_SAID).when(ChangeRestaurant(), caller=OWNER, now=UNTIL - timedelta(seconds=1)).answering(
        open_now=False
    )


def test_both_go_together_and_each_ends_alone() -> None:
    both = given(OPENED, BUSY_SAID).when(TAKE_A_BREAK, caller=OWNER)
    both.then(replace(BUSY_SAID, pause=PAUSE))
    left = scenario.Given(DECIDER, both.state).when(EndBusy(), caller=OWNER, now=LATER)
    left.then(replace(PAUSE_SAID, changed_at=LATER))
    assert left.decision.cancels == ("busy",)


def test_said_again_it_begins_again_and_moves_its_timer() -> None:
    outcome = given(OPENED, BUSY_SAID).when(BE_BUSY, caller=OWNER, now=LATER)
    until = LATER + timedelta(minutes=45)
    outcome.then(replace(BUSY_SAID, busy=replace(BUSY, until=until), changed_at=LATER))
    outcome.setting(Timer("busy", until, EndBusy()))


@pytest.mark.parametrize("command", [EndBusy(), ResumeOrders()])
def test_what_is_not_on_ends_without_an_event(command: Message) -> None:
    given(OPENED).when(command, caller=OWNER).then_nothing().answering(prep_time=25)


@pytest.mark.parametrize("minutes", [0, 25])
def test_busy_is_longer_than_usual(minutes: int) -> None:
    outcome = given(OPENED).when(BeBusy(minutes=10, prep_time=minutes), caller=OWNER)
    outcome.then_rejected("invalid_input", field="prep_time")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("caller", ["another", None])
def test_nobody_but_the_owner_changes_the_modes(command: Message, caller: str | None) -> None:
    theirs = given(OPENED, BUSY_SAID).when(command, caller=caller)
    theirs.then_rejected("not_found")
    assert theirs.decision == given().when(command, caller=caller).decision


def test_what_was_shown_is_put_back_without_making_it_usual() -> None:
    put_back = given(OPENED, BUSY_SAID).when(ChangeRestaurant(name="Usta", prep_time=60), caller=OWNER, now=LATER)
    usual = RestaurantDetails(name="Usta", prep_time=25)
    put_back.then(RestaurantChanged(details=usual, changed_at=LATER)).answering(name="Usta", prep_time=60)
    longer = given(OPENED, BUSY_SAID).when(ChangeRestaurant(prep_time=90), caller=OWNER, now=LATER)
    longer.answering(prep_time=90)


def test_the_view_is_what_the_commands_answered() -> None:
    events: tuple[Any, ...] = (OPENED, RatingCounted(rating=4, total=9, count=2))
    for command in (BE_BUSY, TAKE_A_BREAK, ChangeRestaurant(name="Usta"), EndBusy(), ResumeOrders()):
        outcome = given(*events).when(command, caller=OWNER, now=LATER)
        events = (*events, *outcome.decision.events)
        document = shown(RESTAURANT, *events)
        answer = outcome.decision.answer
        assert isinstance(answer, RestaurantNow)
        assert RestaurantNow(**asdict(document), open_now=answer.open_now) == answer


def test_copies_know_until_when_it_is_paused_whatever_else_changes() -> None:
    changed = RestaurantChanged(details=RestaurantDetails(name="Usta"), changed_at=LATER)
    copy = None
    for event, until in ((OPENED, None), (PAUSE_SAID, UNTIL), (changed, UNTIL), (BUSY_SAID, None)):
        copy = RESTAURANTS.show(copy, event, EventMeta("event", ID, 1, NOW)).document
        assert copy is not None and copy.paused_until == until
    assert copy is not None and copy.owner_id == OWNER


def test_copies_know_whether_orders_are_accepted_at_once_and_with_which_time() -> None:
    usual = RestaurantDetails(name="Usta", prep_time=40, auto_accept=True)
    changed = RestaurantChanged(details=usual, changed_at=LATER)
    longer = replace(changed, details=replace(usual, prep_time=90))
    ended = ModesChanged(prep_time=90, changed_at=LATER)
    copy, found = None, list[tuple[bool, int]]()
    for event in (OPENED, BUSY_SAID, changed, longer, ended, changed):
        copy = RESTAURANTS.show(copy, event, EventMeta("event", ID, 1, NOW)).document
        assert copy is not None
        found.append((copy.auto_accept, copy.prep_time))
    assert found == [(False, 25), (False, 60), (True, 60), (True, 90), (True, 90), (True, 40)]
