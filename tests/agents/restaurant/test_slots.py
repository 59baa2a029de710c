"""So many orders in a quarter of an hour and no more: the restaurant's side of a reservation."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from agents.restaurant import policy
from agents.restaurant.decider import DECIDER
from tests.agents import scenario
from tests.agents.scenario import ID, NOW
from topics.contracts import order_commands
from topics.contracts.order_commands import ConfirmSlot, RefuseSlot, TellOutcome
from topics.contracts.restaurant_commands import AskSlot, ReleaseSlot, ReserveSlot
from topics.contracts.restaurant_events import Event, SlotAsked, SlotFull, SlotReleased, SlotReserved
from topics.deciding.slots import LENGTH, begin, day_of, slot_of
from topics.messages.event import EventMeta

SLOT = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def reserve(order: str, limit: int = 2, slot: datetime = SLOT) -> ReserveSlot:
    return ReserveSlot(order_id=order, slot=slot, limit=limit)


FIRST, SECOND = (SlotReserved(order_id=f"o-{number}", slot=SLOT, taken=number) for number in (1, 2))


def test_a_slot_takes_orders_up_to_its_limit_and_each_slot_has_its_own() -> None:
    given().when(reserve("o-1"), caller=None).handed_on().then(FIRST)
    given(FIRST).when(reserve("o-2"), caller=None).handed_on().then(SECOND)
    given(FIRST, SECOND).when(reserve("o-3"), caller=None).handed_on().then(SlotFull(order_id="o-3", slot=SLOT))
    later = SLOT + LENGTH
    other = given(FIRST, SECOND).when(reserve("o-3", slot=later), caller=None)
    other.then(SlotReserved(order_id="o-3", slot=later, taken=1))


def test_what_came_to_nothing_makes_room() -> None:
    back = SlotReleased(order_id="o-1", slot=SLOT, taken=1)
    given(FIRST, SECOND).when(ReleaseSlot(order_id="o-1", slot=SLOT), caller=None).then(back)
    given(FIRST, SECOND, back).when(reserve("o-3"), caller=None).then(SlotReserved(order_id="o-3", slot=SLOT, taken=2))
    given().when(ReleaseSlot(order_id="o-1", slot=SLOT), caller=None).then_nothing()


def test_the_order_is_told() -> None:
    asked = SlotAsked(order_id="o-1", user_id="user-1")
    given().when(AskSlot(order_id="o-1", user_id="user-1"), caller=None).handed_on().then(asked)
    said: list[tuple[Event, Any]] = [
        (FIRST, ConfirmSlot()), (SlotFull(order_id="o-1", slot=SLOT), RefuseSlot()), (asked, TellOutcome(user_id="user-1")),
    ]  # fmt: skip
    for event, expected in said:
        (sent,) = policy.react(event, EventMeta("event", ID, 1, NOW), DECIDER.state())
        assert (sent.topic, sent.key, sent.message, sent.answers) == (order_commands.TOPIC, "o-1", expected, True)


@settings(deadline=None)
@for_all(st.lists(st.tuples(st.booleans(), st.integers(0, 2)), max_size=60), st.integers(1, 4))
def test_no_more_than_the_limit_is_ever_taken_and_nothing_is_lost(steps: list[tuple[bool, int]], limit: int) -> None:
    """Orders reserve, and those that have a place give it back."""
    state, holding = DECIDER.state(), {number: list[str]() for number in range(3)}
    for step, (reserves, number) in enumerate(steps):
        slot, mine = SLOT + number * LENGTH, holding[number]
        if reserves:
            outcome = scenario.Given(DECIDER, state).when(reserve(f"o-{step}", limit, slot), caller=None)
            assert isinstance(outcome.decision.events[0], SlotReserved) is (len(mine) < limit)
            mine += [f"o-{step}"] if len(mine) < limit else []
        else:
            release = ReleaseSlot(order_id=mine.pop() if mine else "nobody", slot=slot)
            outcome = scenario.Given(DECIDER, state).when(release, caller=None)
        state = outcome.state
        assert {name: taken for name, taken in state.taken.items() if taken} == {
            f"{SLOT + each * LENGTH:%H:%M}": len(orders) for each, orders in holding.items() if orders
        }


def test_an_order_counts_in_the_slot_for_which_it_is_wanted() -> None:
    now = datetime(2026, 3, 1, 18, 44, 59, 999999, tzinfo=UTC)
    assert slot_of(None, "Europe/Istanbul", now) == SLOT
    assert slot_of("2026-03-02T01:05", "Europe/Istanbul", now) == datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
    assert slot_of("2026-03-02", "Europe/Istanbul", now) is None, "some time of that day"
    nepal = slot_of("2026-03-02T12:00", "Asia/Kathmandu", now)
    assert nepal == datetime(2026, 3, 2, 6, 15, tzinfo=UTC)


@settings(deadline=None)
@for_all(st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)))
def test_each_moment_is_in_one_slot_of_one_day(moment: datetime) -> None:
    slot = begin(moment)
    assert slot <= moment < slot + LENGTH and begin(slot) == slot
    assert day_of(slot) == day_of(slot + LENGTH - timedelta(microseconds=1)) == moment.date()
