"""`python -m tests.agents.runtime.unwell WHAT RUN`: a member with something broken in it, from the start or by SIGUSR1."""

import asyncio
import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

from agents.runtime.process import Bounds, leave
from agents.runtime.transport import group
from agents.runtime.transport.fetching import LoopConsumer
from agents.runtime.transport.group import Group
from agents.runtime.transport.transport import Consumer
from stores.settings import load
from tests.agents.runtime.member import take_part

BOUNDS = Bounds(start=4.0, drain=0.5, hard=2.0)
LONG = 600.0  # seconds
STARTS_LATE = ("hangs_at_its_start", "is_deaf_at_its_start")
"""Ways that meet the bound of the start. Others start as slowly as the machine is."""


def _broken_by_signal() -> threading.Event:
    broken = threading.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, broken.set)
    return broken


def breaks_its_loop() -> None:
    """From inside, as a driver that blocks does."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, time.sleep, LONG)


def breaks_its_loop_at_the_end() -> None:
    async def stop(_: Group, seconds: float) -> None:
        time.sleep(LONG)  # noqa: ASYNC251

    Group.stop = stop


def crashes() -> None:
    """Faust's fetch loop meets what it does not know."""
    broken, take = _broken_by_signal(), LoopConsumer._take_batches  # pyright: ignore[reportPrivateUsage]

    async def taken(thread: LoopConsumer, *here: Any) -> Any:
        if broken.is_set():
            raise RuntimeError("the driver broke")
        return await take(thread, *here)

    LoopConsumer._take_batches = taken  # pyright: ignore[reportPrivateUsage]


def fails_to_start() -> None:
    async def start(_: Group) -> NoReturn:
        raise OSError("Kafka went away")

    Group.start = start


def hangs_at_its_start() -> None:
    """In a callback of Faust's, for which `app.start()` waits."""

    async def perform_seek(consumer: Consumer) -> None:
        await asyncio.Event().wait()

    Consumer.perform_seek = perform_seek


def is_deaf_at_its_start() -> None:
    """A cancellation that meets an answer in a driver is lost."""

    async def start(_: Group) -> None:
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    Group.start = start


def blocks_in_its_fetch() -> None:
    """As a driver does that waits without awaiting."""
    take = LoopConsumer._take_batches  # pyright: ignore[reportPrivateUsage]

    async def taken(thread: LoopConsumer, *here: Any) -> Any:
        if broken.is_set():
            time.sleep(LONG)  # noqa: ASYNC251
        return await take(thread, *here)

    broken = _broken_by_signal()
    LoopConsumer._take_batches = taken  # pyright: ignore[reportPrivateUsage]


def stops_fetching() -> None:
    take = LoopConsumer._take_batches  # pyright: ignore[reportPrivateUsage]

    async def taken(thread: LoopConsumer, *here: Any) -> Any:
        if broken.is_set():
            await asyncio.Event().wait()
        return await take(thread, *here)

    broken = _broken_by_signal()
    LoopConsumer._take_batches = taken  # pyright: ignore[reportPrivateUsage]


def hangs_at_a_revoke() -> None:
    """In a callback of Faust's, at the next rebalance."""
    revoked = Consumer.on_partitions_revoked

    async def hanging(consumer: Consumer, partitions: Any) -> None:
        if broken.is_set():
            await asyncio.Event().wait()
        await revoked(consumer, partitions)

    broken = _broken_by_signal()
    Consumer.on_partitions_revoked = hanging


def may_be_idle_for_a_second() -> None:
    """The broker's guard against a fetch loop that hangs, 30 s in the product."""
    group._SETTINGS["broker_max_poll_interval"] = 1.0  # pyright: ignore[reportPrivateUsage]


WAYS: dict[str, Callable[[], None]] = {
    way.__name__: way
    for way in (
        breaks_its_loop,
        breaks_its_loop_at_the_end,
        crashes,
        fails_to_start,
        hangs_at_its_start,
        is_deaf_at_its_start,
        blocks_in_its_fetch,
        stops_fetching,
        hangs_at_a_revoke,
        may_be_idle_for_a_second,
    )
}


async def fall_ill(what: str, run: str) -> int:
    WAYS[what]()
    # one that has crashed ends by itself with another exit code than one that is cut off, however slowly it does
    hard = LONG if what == crashes.__name__ else BOUNDS.hard
    start = BOUNDS.start if what in STARTS_LATE else LONG
    return await take_part(load(), run, replace(BOUNDS, start=start, hard=hard))


if __name__ == "__main__":
    asyncio.run(leave(fall_ill(*sys.argv[1:])))
