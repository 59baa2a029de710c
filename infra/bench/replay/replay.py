"""`./lezzet bench replay`: the engineers' questions, each against its bar, and a bare aiokafka consumer in the same run.

Own servers. First baskets that agents have decided (infra/bench/replay/decided_log.py), then a full log and a topic of as many
events (infra/bench/replay/full_log.py). Shares are of the messages a second that the bare consumer reads of the same log; with
--cpu everything is of CPU, for a machine that has other things to do.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from infra.bench.replay import decided_log, full_log
from infra.bench.replay.filling import fill
from infra.bench.replay.replay_rows import DECIDED, FULL, LONG, Figure, Log, Row, Took
from infra.bench.servers import provisioned_stack
from infra.layout.folders import CHECKOUT
from infra.stack.stack import Stack
from replay.shadow import domains
from replay.tools import Tools, collect_seldom
from stores.settings import load


async def run(arguments: list[str]) -> bool:
    said = argparse.ArgumentParser(prog="./lezzet bench replay", description=__doc__)
    said.add_argument("--messages", type=int, default=1_000_000, help="of the full log (default: %(default)s)")
    said.add_argument("--commands", type=int, default=100_000, help="that agents decide (default: %(default)s)")
    said.add_argument("--cpu", action="store_true", help="all by CPU, and no seconds: for a busy machine")
    said.add_argument(
        "--short", action="store_true", help="20,000 messages, 5,000 commands; by CPU, a third of each bar"
    )
    chosen = said.parse_args(arguments)
    if chosen.short:
        chosen.messages, chosen.commands, chosen.cpu = 20_000, 5_000, True
    collect_seldom()  # as the commands do
    async with provisioned_stack() as stack:
        bench = _Bench(stack, chosen.messages, by_cpu=chosen.cpu, part=1 / 3 if chosen.short else 1.0)
        await decided_log.decide_all(stack, bench.tools, chosen.commands)
        await bench.ask("baskets that agents have decided", DECIDED)
        await fill(stack.endpoints.kafka, full_log.records(chosen.messages // full_log.EACH))
        await bench.ask("a full log", FULL)
        await fill(stack.endpoints.kafka, full_log.books(chosen.messages))
        await bench.ask("a long topic beside it", LONG)
        return bench.good


class _Bench:
    """part: of each bar that has to be held. good: whether all were so far."""

    def __init__(self, stack: Stack, messages: int, *, by_cpu: bool, part: float) -> None:
        self.tools = Tools(load(stack.environment()))
        domains.every(self.tools.settings)  # imports the domains' code, which is no part of any question
        self.good = True
        self._stack, self._messages, self._by_cpu, self._part = stack, messages, by_cpu, part

    async def ask(self, what: str, rows: Sequence[Row]) -> None:
        await _bare(self._stack)  # the first reading brings the log into the memory of the machine
        bare = await _bare(self._stack)
        print(f"{what}, bare aiokafka consumer: {bare}: {bare.rate(by_cpu=self._by_cpu):,.0f}/s", flush=True)
        log = Log(self.tools, self._messages, bare, by_cpu=self._by_cpu, part=self._part)
        for row in rows:
            for figure in await row(log):
                self.good = _said(figure) and self.good


def _said(figure: Figure) -> bool:
    print(f"  {figure.says}{'' if figure.holds else '  NOT HELD'}", flush=True)
    return figure.holds


async def _bare(stack: Stack) -> Took:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "infra.bench.runtime.sides.consumer",
        stack.endpoints.kafka,
        cwd=CHECKOUT,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    count, seconds, cpu = told.split()
    return Took(int(count), float(seconds), float(cpu))
