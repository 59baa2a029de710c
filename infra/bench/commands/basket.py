"""`./lezzet bench basket`: baskets on Redis against baskets in PostgreSQL.

The same product twice, each time on servers of its own: `bench command`, and `bench load` with 16 connections. In both each
side takes turns with the straight handler, so what is compared are ratios to that.
"""

import argparse

from infra.bench.commands import command
from infra.bench.commands.baskets import POSTGRES, REDIS, Place
from infra.bench.commands.load_report import Point, points
from infra.bench.commands.load_turns import Choice, measured
from topics.messages.topic import PARTITIONS

AT_MOST = 2.0  # times the straight handler's median
CONNECTIONS = 16


async def run(arguments: list[str]) -> bool:
    said = argparse.ArgumentParser(
        prog="./lezzet bench basket", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    said.add_argument("--seconds", type=float, default=30.0, help="of each side (default: %(default)s)")
    said.add_argument("--short", action="store_true", help="5 s a side; a missed bar is no failure")
    chosen = said.parse_args(arguments)
    seconds = 5.0 if chosen.short else chosen.seconds
    commands = {place: await _command(place, seconds) for place in (REDIS, POSTGRES)}
    loads = {place: await _load(place, seconds) for place in (REDIS, POSTGRES)}
    for place in (REDIS, POSTGRES):
        point = loads[place]
        print(
            f"baskets on {place.name}: median {commands[place].ratio:.2f} times the straight handler's;"
            f" {CONNECTIONS} connections {point.ours.requests_per_s:,.0f} adds/s, {point.ratio:.2f} of its"
        )
    better = loads[REDIS].ratio / loads[POSTGRES].ratio
    print(
        f"wanted: at most {AT_MOST:g} times on Redis; and more adds on Redis than in PostgreSQL: {better:.2f} times as many"
    )
    held = commands[REDIS].ratio <= AT_MOST and better > 1
    return all(each.whole for each in commands.values()) and (chosen.short or held)


async def _command(place: Place, seconds: float) -> command.Verdict:
    print(f"bench command, baskets on {place.name}")
    return await command.compared(command.Load(50.0, seconds, AT_MOST), place)


async def _load(place: Place, seconds: float) -> Point:
    rounds = max(1, round(seconds / 10))
    found = await measured(Choice((CONNECTIONS,), min(seconds, 5.0), rounds, PARTITIONS, unchanging=False), place)
    if found.wrong:
        raise RuntimeError("; ".join(found.wrong))
    (point,) = points(found.turns)
    return point
