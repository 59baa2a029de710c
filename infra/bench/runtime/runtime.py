"""`./lezzet bench runtime`: the product's runtime against plain Faust and against a loop with nothing between.

a  plain Faust, one event at a time: one look, one write and one awaited publish each
b  agents.runtime, as a domain uses it
c  aiokafka and the database's driver alone, one loop a partition, batches as large as b's

All three on the store that --store names. What b promises over a is held on PostgreSQL; a is not run on others.

One run, own servers, the same commands and statements, a process of its own for each side. b and c take turns and the
ratios are medians of neighbours, since the machine is shared.
"""

import argparse
import asyncio
import json
import statistics
import sys
from itertools import count
from typing import NamedTuple

from aiokafka import AIOKafkaProducer

from infra.bench.runtime import counter
from infra.bench.runtime.stores import STORES
from infra.bench.servers import own_stack
from infra.layout.folders import CHECKOUT
from infra.stack.stack import Stack
from stores.kafka.admin import make_topics
from stores.settings import load
from topics.messages.topic import Topic

TIMES_PLAIN, OF_BARE = 20.0, 0.8  # what b promises, in commands a second of a and of c
FEW, MANY = counter.commands("bench_few_commands"), counter.commands("bench_commands")


class Size(NamedTuple):
    """few: commands for a, many: for b and c. rounds: turns of b and c. promised: the share of the targets to hold. by_cpu:
    what b promises over c is held by CPU: one turn is too short for the clock of a machine that does much else."""

    few: int
    many: int
    rounds: int
    promised: float
    by_cpu: bool


class Figures(NamedTuple):
    """commands a second; CPU µs of the worker process a command."""

    per_second: float
    cpu_us: float


async def run(arguments: list[str]) -> bool:
    chosen = _parser().parse_args(arguments)
    size = (
        Size(300, 8_000, 1, 1 / 3, by_cpu=True)
        if chosen.short
        else Size(1_500, chosen.commands, chosen.rounds, 1.0, by_cpu=False)
    )
    async with own_stack("kafka", "redis", chosen.store) as stack:
        return await Comparison(stack, size, chosen.store).run()


def _parser() -> argparse.ArgumentParser:
    said = argparse.ArgumentParser(
        prog="./lezzet bench runtime", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    said.add_argument("--commands", type=int, default=40_000, help="for b and c; a gets 1,500 (default: %(default)s)")
    said.add_argument("--rounds", type=int, default=3, help="turns of b and c (default: %(default)s)")
    said.add_argument("--store", choices=tuple(STORES), default="postgres", help="(default: %(default)s)")
    said.add_argument("--short", action="store_true", help="one small round, holds a third of the targets, b/c by CPU")
    return said


class Comparison:
    def __init__(self, stack: Stack, size: Size, store: str) -> None:
        self._stack = stack
        self._size = size
        self._store = store
        self._runs = count(1)

    async def run(self) -> bool:
        brokers = self._stack.endpoints.brokers
        await make_topics(brokers, (FEW, MANY, counter.EVENTS))
        await self._fill(FEW, self._size.few)
        await self._fill(MANY, self._size.many)
        ours, bare = list[Figures](), list[Figures]()
        plain = [await self._side("plain", FEW, self._size.few)] if self._store == "postgres" else []
        for _ in range(self._size.rounds):
            ours.append(await self._side("ours", MANY, self._size.many))
            bare.append(await self._side("bare", MANY, self._size.many))
        if plain and self._size.rounds > 1:
            plain.append(await self._side("plain", FEW, self._size.few))
        return self._judge(plain, ours, bare)

    def _judge(self, plain: list[Figures], ours: list[Figures], bare: list[Figures]) -> bool:
        for name, side in (("a plain Faust", plain), ("b agents.runtime", ours), ("c bare loop", bare)):
            if not side:
                continue
            each = ", ".join(f"{figures.per_second:,.0f}" for figures in side)
            cpu = statistics.median(figures.cpu_us for figures in side)
            print(f"{name:18}{_rate(side):>9,.0f} commands/s {cpu:>7,.0f} CPU µs each   (runs: {each})")
        pairs = list(zip(ours, bare, strict=True))
        share = statistics.median(b.per_second / c.per_second for b, c in pairs)
        cpu = statistics.median(c.cpu_us / b.cpu_us for b, c in pairs)
        least, part = TIMES_PLAIN * self._size.promised, OF_BARE * self._size.promised
        times = _rate(ours) / _rate(plain) if plain else None
        of_plain = "" if times is None else f"b/a: {times:.1f}, wanted {least:.1f}    "
        print(f"{of_plain}b/c: {share:.2f}, wanted {part:.2f}; by CPU {cpu:.2f}")
        return (times is None or times >= least) and (cpu if self._size.by_cpu else share) >= part

    async def _side(self, name: str, topic: Topic, total: int) -> Figures:
        """In a schema and a consumer group of its own, so that every run begins with nothing."""
        schema = f"bench_{next(self._runs)}_{name}"
        on = STORES[self._store]
        settings = load(self._stack.environment())
        await on.provision(settings, on.url(settings), schema)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"infra.bench.runtime.sides.{name}", topic.name, schema, str(total), self._store,
            cwd=CHECKOUT, env=self._stack.environment(), stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            output, _ = await asyncio.wait_for(process.communicate(), 120)
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode:
            raise RuntimeError(f"the side {name!r} ended with {process.returncode}")
        return Figures(**json.loads(output))

    async def _fill(self, topic: Topic, total: int) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._stack.endpoints.kafka, max_batch_size=256 * 1024, linger_ms=5
        )
        await producer.start()
        try:
            acks = [
                await producer.send(topic.name, command.body, key=command.key, headers=command.headers)
                for command in counter.prepared(total)
            ]
            await asyncio.gather(*acks)
        finally:
            await producer.stop()


def _rate(side: list[Figures]) -> float:
    return statistics.median(figures.per_second for figures in side)
