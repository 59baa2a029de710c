"""`./lezzet bench replay`: the engineers' questions on a full log, against a bare aiokafka consumer in the same run.

Own servers, a million messages in the contracts' topics. Each question is a row (ROWS). Shares are of the messages a second
that the bare consumer reads; with --cpu of CPU, for a machine that has other things to do.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeVar

from infra.bench import full_log
from infra.bench.servers import provisioned_stack
from infra.layout.folders import CHECKOUT
from infra.stack.stack import Stack
from replay.log import search
from replay.log.where import Where
from replay.questions import find
from replay.tools import Tools
from stores.settings import load

Answer = TypeVar("Answer")


class Took(NamedTuple):
    """messages: that were read. seconds, cpu: of the reading."""

    messages: int
    seconds: float
    cpu: float

    def rate(self, *, by_cpu: bool) -> float:
        return self.messages / (self.cpu if by_cpu else self.seconds)


class Log(NamedTuple):
    """What the rows ask about. orders: how many, see full_log. bare: the other side."""

    stack: Stack
    tools: Tools
    orders: int
    bare: Took


class Figure(NamedTuple):
    """A line of the report. holds: None where nothing is promised."""

    says: str
    holds: bool | None


Row = Callable[[Log, bool], Awaitable[Sequence[Figure]]]

WHY_SHARE, WHY_SECONDS = 0.5, 8.0  # of the bare consumer's rate; for a million messages
FIND_SHARE = 0.35


async def _ids(log: Log, by_cpu: bool) -> Sequence[Figure]:
    wanted = full_log.order(log.orders // 2)
    took, found = await _timed(log, lambda reader: search.find(reader, wanted, None))
    said = f"trace, why: {len(found.messages)} messages of an order"
    return [
        _against(said, took, log.bare, WHY_SHARE, WHY_SECONDS, by_cpu),
        Figure("", len(found.messages) >= full_log.EACH),
    ]


async def _conditions(log: Log, by_cpu: bool) -> Sequence[Figure]:
    figures = list[Figure]()
    for what, text, share in (
        ("by a key", f'type == "OrderPlaced" && key == "{full_log.order(7)}"', FIND_SHARE),
        ("by a type and a field", 'type == "OrderPlaced" && body.total > 100000', FIND_SHARE),
        ("that asks for no text", "version > 100", None),
    ):
        where = Where(text)
        took, found = await _timed(log, lambda reader, where=where: find.find(reader, where, (), None, None))
        figures.append(_against(f"find {what}: {found.matching:,} match", took, log.bare, share, None, by_cpu))
        figures.append(Figure("", found.complete))
    return figures


ROWS: tuple[Row, ...] = (_ids, _conditions)


async def run(arguments: list[str]) -> bool:
    said = argparse.ArgumentParser(prog="./lezzet bench replay", description=__doc__)
    said.add_argument("--messages", type=int, default=1_000_000, help="(default: %(default)s)")
    said.add_argument("--cpu", action="store_true", help="shares of CPU, and no seconds: for a busy machine")
    said.add_argument("--short", action="store_true", help="100,000 messages, by CPU")
    chosen = said.parse_args(arguments)
    messages, by_cpu = (100_000, True) if chosen.short else (chosen.messages, chosen.cpu)
    orders = messages // full_log.EACH
    async with provisioned_stack() as stack:
        await full_log.fill(stack.endpoints.kafka, orders)
        await _bare(stack)  # the first reading brings the log into the memory of the machine
        bare = await _bare(stack)
        print(f"bare aiokafka consumer: {bare.messages:,} messages in {bare.seconds:.2f} s, {bare.cpu:.2f} s of CPU")
        log = Log(stack, Tools(load(stack.environment())), orders, bare)
        good = True
        for row in ROWS:
            for figure in await row(log, by_cpu):
                good = _said(figure) and good
        return good


def _said(figure: Figure) -> bool:
    if figure.says:
        print(figure.says + ("  NOT HELD" if figure.holds is False else ""), flush=True)
    return figure.holds is not False


def _against(what: str, took: Took, bare: Took, share: float | None, seconds: float | None, by_cpu: bool) -> Figure:
    """share, seconds: what is promised. seconds: for a million messages."""
    times = took.rate(by_cpu=by_cpu) / bare.rate(by_cpu=by_cpu)
    line = f"{what}: {took.messages:,} messages in {took.seconds:.2f} s, {took.cpu:.2f} s of CPU: {times:.2f} times as fast"
    if share is None:
        return Figure(line, None)
    holds = times >= share
    line += f", wanted {share}"
    if seconds is not None and not by_cpu:
        holds = holds and took.seconds * 1_000_000 / took.messages <= seconds
        line += f" and a million in {seconds:.0f} s"
    return Figure(line, holds)


async def _timed(log: Log, ask: Callable[..., Awaitable[Answer]]) -> tuple[Took, Answer]:
    """With the opening of the log, as a command has it."""
    began, cpu = time.perf_counter(), time.process_time()
    async with log.tools.log() as reader:
        answer = await ask(reader)
    return Took(log.bare.messages, time.perf_counter() - began, time.process_time() - cpu), answer


async def _bare(stack: Stack) -> Took:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "infra.bench.sides.consumer",
        stack.endpoints.kafka,
        cwd=CHECKOUT,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    count, seconds, cpu = told.split()
    return Took(int(count), float(seconds), float(cpu))
