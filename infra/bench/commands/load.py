"""`./lezzet bench load`: adds to baskets from 1, 4, 16 and 64 connections at once, against a handler that writes the row.

A closed loop: a connection sends its next request when its last one was answered. Ours is the whole stack: edge, Kafka,
agents, PostgreSQL, the answer through Redis. The other is the straight handler of `bench command`. Each add changes the
basket; with --unchanging none does, and only the bars of the shape apply: p99, and no fewer requests with more connections.
The sides take turns in one run, each figure is the median of the rounds.
"""

import argparse
import sys
from contextlib import redirect_stdout

import msgspec

from infra.bench.commands.load_report import Load, bars, points, promised, table
from infra.bench.commands.load_turns import Choice, measured
from topics.messages.topic import PARTITIONS

COUNTS, SHORT_COUNTS = (1, 4, 16, 64), (1, 4)


async def run(arguments: list[str]) -> bool:
    said = _parser().parse_args(arguments)
    full = Choice(COUNTS, said.seconds, said.rounds, said.partitions, said.unchanging)
    choice = full._replace(counts=SHORT_COUNTS, seconds=1.0, rounds=1) if said.short else full
    with redirect_stdout(sys.stderr if said.json else sys.stdout):
        found = await measured(choice)
    each = points(found.turns)
    load = Load(choice.partitions, choice.unchanging, found.wrong, each, bars(each, unchanging=choice.unchanging))
    print(msgspec.json.encode(load).decode() if said.json else table(load))
    return promised(load, bars_count=not said.short)


def _parser() -> argparse.ArgumentParser:
    said = argparse.ArgumentParser(
        prog="./lezzet bench load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    said.add_argument("--seconds", type=float, default=5.0, help="of each turn (default: %(default)s)")
    said.add_argument("--rounds", type=int, default=3, help="turns of each side and count (default: %(default)s)")
    said.add_argument("--partitions", type=int, default=PARTITIONS, help="of each topic (default: %(default)s)")
    said.add_argument("--unchanging", action="store_true", help="adds that leave the basket as it is")
    said.add_argument("--json", action="store_true", help="one JSON object on stdout, the progress on stderr")
    said.add_argument("--short", action="store_true", help="1 and 4 connections for 1 s; a missed bar is no failure")
    return said
