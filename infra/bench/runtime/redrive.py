"""`./lezzet bench redrive`: parked keys a second that `dlq redrive` has decided, and how long it is silent over one key
with many messages.

Own servers and one process of the address domain. What is parked is written into its store, as after a fault that is mended by
now.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from infra.bench.runtime.rebuild import agents_of
from infra.bench.servers import provisioned_stack
from infra.layout.folders import CHECKOUT
from infra.process.shell import run as shell
from infra.stack.stack import Stack
from stores.kafka.partitioning import partition_of
from stores.protocol import Changes, DomainStore, ParkedRow, Source
from stores.settings import load
from stores.technologies import open_store
from topics.contracts import address_commands
from topics.messages import headers, ids

DOMAIN = "address"
SOURCES = [
    Source(f"{DOMAIN}.decide", address_commands.TOPIC.name, each) for each in range(address_commands.TOPIC.partitions)
]
WITHIN = 60.0  # seconds until the agents are there
LEAST = 500.0  # keys a second
SILENT = 5.0  # seconds without a line, at most
_AT_ONCE = 2_000  # rows of one write
_ADD = address_commands.AddAddress(
    title="Ev", address="Moda Caddesi 1", city="İstanbul", district="Kadıköy", full_address="Moda Caddesi 1, Kadıköy"
)
_BODY = address_commands.TOPIC.encode(_ADD)


class Told(NamedTuple):
    """seconds: in all. silent: the longest time between two lines."""

    seconds: float
    silent: float


async def run(arguments: list[str]) -> bool:
    said = argparse.ArgumentParser(prog="./lezzet bench redrive", description=__doc__)
    said.add_argument("--keys", type=int, default=10_000, help="with one message each (default: %(default)s)")
    said.add_argument("--messages", type=int, default=60_000, help="of one key (default: %(default)s)")
    said.add_argument("--short", action="store_true", help="1,000 keys, 3,000 messages; a third of the target")
    chosen = said.parse_args(arguments)
    if chosen.short:
        chosen.keys, chosen.messages = 1_000, 3_000
    async with provisioned_stack() as stack:
        store = await open_store(load(stack.environment()), DOMAIN)
        async with agents_of(stack, 1, DOMAIN):
            await _opened(store)
            await _park(store, [ids.fresh() for _ in range(chosen.keys)])
            many = await _redriven(stack)
            await _park(store, [ids.fresh()] * chosen.messages)
            one = await _redriven(stack)
    rate, least = chosen.keys / many.seconds, LEAST / (3 if chosen.short else 1)
    print(f"{chosen.keys:,} keys in {many.seconds:.1f} s: {rate:,.0f} keys/s; wanted {least:,.0f}")
    print(
        f"{chosen.messages:,} messages of one key in {one.seconds:.1f} s, silent for {one.silent:.1f} s; wanted {SILENT:.0f}"
    )
    return rate >= least and (one.silent <= SILENT or chosen.short)


async def _opened(store: DomainStore) -> None:
    """Returns when the agents have all partitions."""
    async with asyncio.timeout(WITHIN):
        while len((await store.look(SOURCES)).floors) < len(SOURCES):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def _park(store: DomainStore, keys: Sequence[str]) -> None:
    """One message for each of these keys, in the partition of the key."""
    for source in SOURCES:
        mine = [key for key in keys if partition_of(key.encode(), len(SOURCES)) == source.partition]
        for first in range(0, len(mine), _AT_ONCE):
            moment = await store.look([source])
            rows = [_row(key) for key in mine[first : first + _AT_ONCE]]
            await store.write(moment, {source: Changes(next=moment.floors[source].next, park=rows)})


def _row(key: str) -> ParkedRow:
    id = ids.fresh()
    named = {headers.ID: id, headers.TYPE: "AddAddress", headers.SOURCE: "lezzet/bench", headers.SUBJECT: key}
    return ParkedRow(
        key=key, offset=0, source="lezzet/bench", id=id, at=datetime.now(UTC), body=_BODY, reason="a fault",
        headers=tuple((name, value.encode()) for name, value in named.items()),
    )  # fmt: skip


async def _redriven(stack: Stack) -> Told:
    began = time.perf_counter()
    heard = [began]
    argv = (sys.executable, "-m", "replay", "dlq", "redrive", address_commands.TOPIC.name, "--all", "--yes")
    await shell(
        argv, what="redrive", folder=CHECKOUT, environment=stack.environment(),
        heard=lambda line: heard.append(time.perf_counter()),
    )  # fmt: skip
    ended = time.perf_counter()
    silent = max(after - before for before, after in zip(heard, [*heard[1:], ended], strict=True))
    return Told(ended - began, silent)
