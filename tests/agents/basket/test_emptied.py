"""Why a basket is empty: because it was checked out a moment ago, or because its owner took out what came in since."""

from datetime import timedelta
from typing import Any

import pytest

from agents.basket.decider import DECIDER
from tests.agents import scenario
from tests.agents.basket.test_decider import KEBAP, MENU, given, line
from tests.agents.scenario import NOW
from topics.contracts.basket_commands import Checkout
from topics.contracts.basket_events import Cleared, LineRemoved, LineSet, TakenOver

ASKED = Checkout(payment_method="cash")
SOON = NOW + timedelta(seconds=9)


@pytest.mark.parametrize("came", [LineSet(line=line(KEBAP)), TakenOver(lines=(line(KEBAP),), strategy="replace")])
@pytest.mark.parametrize("went", [Cleared(), LineRemoved(meal_id=KEBAP)])
def test_what_came_in_and_went_after_a_checkout_makes_no_repeat_of_it(came: Any, went: Any) -> None:
    state = given(line(KEBAP)).when(ASKED, facts=MENU).state
    for event in (came, went):
        state = DECIDER.evolve(state, event)
    scenario.Given(DECIDER, state).when(ASKED, facts=MENU, command_id="b", now=SOON).then_rejected("basket_empty")
