"""`./lezzet bench idle`: the CPU that one agents process with all domains uses while nobody wants anything of it.

All demo data is there, and copies and views have it. The share of the servers is shown, too: an idle agents process asks them.
"""

import argparse
import asyncio
import sys
import time
from contextlib import redirect_stdout

import msgspec

from infra.process.cpu import Clock
from infra.stack.stage import say, stage
from infra.supervision.child import pids

AT_MOST = 3.0  # percent of a core
SETTLE = 5.0  # seconds after the demo data, until what followed from it is done
SERVERS = ("postgres", "kafka", "redis")


class Idle(msgspec.Struct, frozen=True):
    """percent: of one core, by process."""

    seconds: float
    percent: dict[str, float]
    wanted: float
    held: bool


async def run(arguments: list[str]) -> bool:
    said = _parser().parse_args(arguments)
    with redirect_stdout(sys.stderr if said.json else sys.stdout):
        found = await _measured(2.0 if said.short else said.seconds)
    print(msgspec.json.encode(found).decode() if said.json else _text(found))
    return said.short or found.held


def _parser() -> argparse.ArgumentParser:
    said = argparse.ArgumentParser(prog="./lezzet bench idle", description=__doc__)
    said.add_argument("--seconds", type=float, default=20.0, help="measured (default: %(default)s)")
    said.add_argument("--json", action="store_true", help="one JSON object on stdout, the progress on stderr")
    said.add_argument("--short", action="store_true", help="2 s; a missed bar is no failure")
    return said


async def _measured(seconds: float) -> Idle:
    async with stage() as made:
        agents = await made.agents(1)
        await made.demo(agents)
        await asyncio.sleep(SETTLE)
        children = {"agents": agents[0]} | {name: made.stack.child(name) for name in SERVERS}
        begun, clock = time.monotonic(), Clock(pids(children))
        say(f"measuring for {seconds:g} s")
        await asyncio.sleep(seconds)
        took, used = time.monotonic() - begun, clock.used()
    percent = {name: cpu / took * 100 for name, cpu in used.items()}
    return Idle(took, percent, AT_MOST, percent["agents"] <= AT_MOST)


def _text(found: Idle) -> str:
    each = ", ".join(f"{name} {percent:.1f}" for name, percent in found.percent.items())
    return (
        f"percent of one core over {found.seconds:.0f} s: {each}\n"
        f"{'held' if found.held else 'MISSED':7}agents: {found.percent['agents']:.1f} %, wanted <= {found.wanted:g} %"
    )
