"""The document about orders says what the code does."""

from typing import get_args

from agents.order.decider import DECIDER
from tests.agents.order.ways import COMMANDS, STAGES, ways
from tests.agents.scenario import given
from tests.docs.orders import HEADING, PAGE, generated
from topics.contracts.order_commands import Command


def test_the_tables_are_those_of_the_code() -> None:
    said = PAGE.read_text().split(HEADING)[1]
    assert said == generated(), "docs/order.md has other tables than: .venv/bin/python -m tests.docs.orders --write"


def test_every_command_is_in_the_table() -> None:
    assert {type(said.command) for said in COMMANDS} == set(get_args(Command))


def test_every_state_is_in_the_table_on_ways_that_lead_there() -> None:
    for stage in STAGES:
        stages = {given(DECIDER, *way).state.stage for way in ways(stage)}
        assert stages == {stage}
