"""`python -m infra.bench NAME`: each bench is a row."""

import asyncio
import importlib
import sys
from collections.abc import Awaitable, Callable
from typing import NamedTuple

Run = Callable[[list[str]], Awaitable[bool]]


class Bench(NamedTuple):
    """module: has `async def run(arguments) -> bool`, which prints its figures and says whether the promise holds."""

    name: str
    module: str
    says: str


BENCHES = (
    Bench("read", "infra.bench.reads.read", "GET /carts/get against a bare handler with one Redis GET a request"),
    Bench("runtime", "infra.bench.runtime.runtime", "the agents' runtime against plain Faust and against a bare loop"),
    Bench(
        "command",
        "infra.bench.commands.command",
        "POST /carts/add through Kafka against a handler that writes the row itself",
    ),
    Bench("load", "infra.bench.commands.load", "POST /carts/add from 1 to 64 connections at once against that handler"),
    Bench(
        "order",
        "infra.bench.orders.order",
        "from a checkout to the kitchen, against one process straight in PostgreSQL",
    ),
    Bench(
        "basket",
        "infra.bench.commands.basket",
        "baskets on Redis against baskets in PostgreSQL: one add, and adds from 16 connections",
    ),
    Bench(
        "neighbours", "infra.bench.reads.neighbours", "one client beside another one that reads a menu of 5,000 meals"
    ),
    Bench("idle", "infra.bench.runtime.idle", "the CPU of an agents process that has nothing to do"),
    Bench(
        "rebuild",
        "infra.bench.runtime.rebuild",
        "events a second at which a view is built again beside the one that is read",
    ),
    Bench(
        "redrive",
        "infra.bench.runtime.redrive",
        "parked keys a second that a redrive has decided, and one key with 60,000",
    ),
    Bench(
        "console",
        "infra.bench.replay.console",
        "the console's page of an order among 100,000 messages, and its live tail",
    ),
    Bench("home", "infra.bench.reads.home", "GET /m/home against a read of one document"),
    Bench("search", "infra.bench.search.search", "the search script over many restaurants, each filter and each order"),
    Bench(
        "replay", "infra.bench.replay.replay", "the engineers' questions on a full log against a bare aiokafka consumer"
    ),
    Bench(
        "streams",
        "infra.bench.reads.streams",
        "many open order streams on one edge: memory, and from a change to its event",
    ),
)


def main(arguments: list[str]) -> int:
    """0: the promise holds; 1: it does not; 2: no such bench."""
    chosen = [bench for bench in BENCHES if bench.name in arguments[:1]]
    if not chosen:
        print("usage: ./lezzet bench NAME")
        for bench in BENCHES:
            print(f"  {bench.name:10} {bench.says}")
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    run: Run = importlib.import_module(chosen[0].module).run
    return 0 if asyncio.run(_await(run, arguments[1:])) else 1


async def _await(run: Run, arguments: list[str]) -> bool:
    return await run(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
