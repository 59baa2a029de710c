"""`./lezzet bench idle`: the CPU that one agents process with all domains uses while nobody wants anything of it.

All demo data is there, and copies and views have it. The share of the servers is shown, too: an idle agents process asks them.
Then the same of a process with twice the groups (infra/bench/runtime/sides/doubled.py).
"""

import argparse
import asyncio
import sys
import time
from contextlib import redirect_stdout

import msgspec

from infra.process.cpu import Clock
from infra.stack.stage import Stage, say, stage
from infra.supervision.child import Child, pids

AT_MOST, TWICE_AT_MOST = 3.0, 4.0  # percent of a core
SETTLE = 5.0  # seconds after the demo data, until what followed from it is done
SERVERS = ("postgres", "kafka", "redis")


class Idle(msgspec.Struct, frozen=True):
    """percent: of one core, by process. twice: of the agents with twice the groups; None where that was not measured."""

    seconds: float
    percent: dict[str, float]
    wanted: float
    twice: float | None
    twice_wanted: float
    held: bool


async def run(arguments: list[str]) -> bool:
    said = _parser().parse_args(arguments)
    with redirect_stdout(sys.stderr if said.json else sys.stdout):
        found = await (_measured(2.0, twice=False) if said.short else _measured(said.seconds, twice=True))
    print(msgspec.json.encode(found).decode() if said.json else _text(found))
    return said.short or found.held


def _parser() -> argparse.ArgumentParser:
    said = argparse.ArgumentParser(prog="./lezzet bench idle", description=__doc__)
    said.add_argument("--seconds", type=float, default=20.0, help="measured (default: %(default)s)")
    said.add_argument("--json", action="store_true", help="one JSON object on stdout, the progress on stderr")
    said.add_argument("--short", action="store_true", help="2 s, not with twice the groups; a missed bar is no failure")
    return said


async def _measured(seconds: float, *, twice: bool) -> Idle:
    async with stage() as made:
        agents = await made.agents(1)
        await made.demo(agents)
        once = await _of(made, agents[0], seconds)
        doubled = None
        if twice:
            await agents[0].stop()
            agents = await made.agents(1, module="infra.bench.runtime.sides.doubled")
            doubled = (await _of(made, agents[0], seconds))["agents"]
    held = once["agents"] <= AT_MOST and (doubled is None or doubled <= TWICE_AT_MOST)
    return Idle(seconds, once, AT_MOST, doubled, TWICE_AT_MOST, held)


async def _of(made: Stage, agents: Child, seconds: float) -> dict[str, float]:
    await asyncio.sleep(SETTLE)
    children = {"agents": agents} | {name: made.stack.child(name) for name in SERVERS}
    begun, clock = time.monotonic(), Clock(pids(children))
    say(f"measuring for {seconds:g} s")
    await asyncio.sleep(seconds)
    took = time.monotonic() - begun
    return {name: cpu / took * 100 for name, cpu in clock.used().items()}


def _text(found: Idle) -> str:
    each = ", ".join(f"{name} {percent:.1f}" for name, percent in found.percent.items())
    lines = [
        f"percent of one core over {found.seconds:.0f} s: {each}",
        _line("agents", found.percent["agents"], found.wanted),
    ]
    if found.twice is not None:
        lines.append(_line("agents with twice the groups", found.twice, found.twice_wanted))
    return "\n".join(lines)


def _line(what: str, percent: float, wanted: float) -> str:
    return f"{'held' if percent <= wanted else 'MISSED':7}{what}: {percent:.1f} %, wanted <= {wanted:g} %"
