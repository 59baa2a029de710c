"""Uses of a coupon are neither lost nor made: each that is counted is one of an order that stands."""

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agents.discount.flow import CODE, Flow
from tests.agents.scenario import NOW
from topics.contracts import order_commands
from topics.deciding.discounting import Terms
from topics.keys import coupon_share

USERS = ["ayse", "can", "ece"]


def terms(total: int | None, each: int | None) -> Terms:
    return Terms(code=CODE, kind="fixed", value=500, title="", created_at=NOW, total_limit=total, per_user_limit=each)


def standing(flow: Flow) -> Counter[str]:
    """User → orders with the coupon that were placed and not cancelled."""
    placed = [state.placed for state in flow.of(order_commands.TOPIC).values() if state.placed and not state.cancelled]
    assert all(order.discount == 500 for order in placed)
    return Counter(order.user_id for order in placed)


@settings(deadline=None)
@given(
    st.one_of(st.none(), st.integers(1, 4)),
    st.one_of(st.none(), st.integers(1, 3)),
    st.lists(st.tuples(st.sampled_from(USERS), st.booleans()), min_size=1, max_size=6),
    st.data(),
)
def test_what_is_counted_stands_and_what_stands_is_counted(
    total: int | None, each: int | None, wanted: list[tuple[str, bool]], data: Any
) -> None:
    """wanted: whose order, and whether it is cancelled, twice, while others are placed."""
    flow = Flow(terms(total, each))
    for round in ("first", "second"):
        for number, (user, cancelled) in enumerate(wanted):
            flow.place(f"{round}-{number}", user)
            if cancelled and round == "second":
                flow.cancel(f"first-{number}", user)
                flow.cancel(f"first-{number}", user)
        flow.run(lambda many: data.draw(st.integers(0, many - 1)))
    found = standing(flow)
    assert flow.used() == sum(found.values())
    assert total is None or flow.used() <= total
    for user in USERS:
        if each is not None:
            assert flow.used(coupon_share(CODE, user)) == found[user] <= each
    assert all(state.drafted is None for state in flow.of(order_commands.TOPIC).values()), "no order waits for ever"


@given(st.integers(1, 4), st.integers(1, 3), st.lists(st.sampled_from(USERS), min_size=1, max_size=12), st.data())
def test_no_use_stays_unused_while_somebody_who_may_wants_it(
    total: int, each: int, wanted: list[str], data: Any
) -> None:
    """Where the coupon itself has enough for all, everybody gets what they may have."""
    flow = Flow(terms(total, each))
    for number, user in enumerate(wanted):
        flow.place(f"o-{number}", user)
    flow.run(lambda many: data.draw(st.integers(0, many - 1)))
    allowed = sum(min(each, wanted.count(user)) for user in USERS)
    assert flow.used() <= min(total, allowed)
    if total >= len(wanted):
        assert flow.used() == allowed


@pytest.mark.parametrize("seed", range(3))
def test_of_a_thousand_parallel_checkouts_one_has_the_last_use(seed: int) -> None:
    chance = Random(seed)
    flow = Flow(terms(1, 1))
    for number in range(1_000):
        flow.place(f"o-{number}", f"user-{number}")
    flow.run(chance.randrange)
    states = flow.of(order_commands.TOPIC).values()
    assert flow.used() == sum(state.placed is not None for state in states) == 1
    assert [state.refused.code for state in states if state.refused] == ["coupon_used_up"] * 999
