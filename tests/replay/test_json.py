"""Every command of the engineers prints JSON for programs."""

import argparse
from collections.abc import Iterator

import pytest

from infra.cli.commands import COMMANDS, Module
from replay.__main__ import parser_of

OTHERWISE = {"record": "its lines are JSON", "console": "its pages are HTML"}


def _all(said: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    below = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    if not below:
        yield said, parser
    for each in below:
        for name, inner in each.choices.items():
            yield from _all(f"{said} {name}", inner)


OF_ENGINEERS = [
    found
    for command in COMMANDS
    if isinstance(command.runs, Module) and command.runs.module == "replay" and command.name not in OTHERWISE
    for found in _all(command.name, parser_of(command.name))
]


@pytest.mark.parametrize(("said", "parser"), OF_ENGINEERS, ids=[said for said, _ in OF_ENGINEERS])
def test_it_takes_json(said: str, parser: argparse.ArgumentParser) -> None:
    assert "--json" in parser._option_string_actions, f"./lezzet {said} --json"


def test_those_below_topics_and_dlq_are_among_them() -> None:
    assert {"topics grow", "topics reset", "dlq show", "dlq redrive"} <= {said for said, _ in OF_ENGINEERS}
