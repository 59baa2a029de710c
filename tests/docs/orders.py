"""The table of states and commands, and the diagram of the states of an order: what docs/order.md shows.

They are made by deciding every command in every state, on every way that leads there. `.venv/bin/python -m tests.docs.orders`
prints them, with `--write` it puts them into that page.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import agents
from agents.order.decider import DECIDER
from agents.order.progress import ENDS, Stage
from agents.order.times import STANDING
from tests.agents.order.ways import COMMANDS, STAGES, Said, ways
from tests.agents.scenario import NOW, Outcome, given

PAGE = Path(agents.__file__).parent.parent / "docs" / "order.md"
HEADING = "## In each state, each command\n\n"


class Step(NamedTuple):
    """What a command does to an order in a stage. to: the stage afterwards."""

    stage: Stage
    said: Said
    to: Stage
    outcome: Outcome


def steps(stage: Stage, said: Said) -> Iterator[Step]:
    for way in ways(stage):
        for known in said.known:
            outcome = given(DECIDER, *way).when(said.command, facts=known, caller=said.caller, now=NOW)
            yield Step(stage, said, outcome.state.stage, outcome)


def cell(stage: Stage, said: Said) -> str:
    return " / ".join(dict.fromkeys(_words(step) for step in steps(stage, said)))


def _words(step: Step) -> str:
    decision = step.outcome.decision
    if step.to != step.stage:
        return f"**{step.to}**"
    if decision.events:
        return "noted"
    if decision.rejection is None:
        return "·"
    return "–" if decision.rejection.code == "not_found" else "no"


def table() -> str:
    lines = [f"| by | command | {' | '.join(STAGES)} |", "|---" * (len(STAGES) + 2) + "|"]
    lines += [
        f"| {said.by} | `{said.name}` | {' | '.join(cell(stage, said) for stage in STAGES)} |" for said in COMMANDS
    ]
    return "\n".join(lines) + "\n"


def diagram() -> str:
    ways_on: dict[tuple[Stage, Stage], dict[str, None]] = {}
    for stage in STAGES:
        for said in COMMANDS:
            for step in steps(stage, said):
                if step.to != stage:
                    ways_on.setdefault((stage, step.to), {})[said.name] = None
    lines = ["  [*] --> new"]
    lines += [f"  {begin} --> {end}: {', '.join(names)}" for (begin, end), names in ways_on.items()]
    lines += [f"  {stage} --> [*]" for stage in STAGES if stage in ENDS]
    return "```mermaid\nstateDiagram-v2\n" + "\n".join(lines) + "\n```\n"


def timers() -> str:
    lines = ["| state | timers that stand |", "|---|---|"]
    lines += [f"| {stage} | {', '.join(STANDING[stage])} |" for stage in STAGES if stage in STANDING]
    return "\n".join(lines) + "\n"


def generated() -> str:
    return f"{table()}\n## The way of an order\n\n{diagram()}\n## What ends each wait\n\n{timers()}"


def main(arguments: Sequence[str]) -> None:
    if arguments == ["--write"]:
        said, _ = PAGE.read_text().split(HEADING)
        PAGE.write_text(said + HEADING + generated())
    else:
        sys.stdout.write(generated())


if __name__ == "__main__":
    main(sys.argv[1:])
