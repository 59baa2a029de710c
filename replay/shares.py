"""A question's work, split among processes: one for each core, since Python decides and folds on one core a process.

Each process reads and works off partitions of its own. All but the first are copies of this one (fork), so nothing may be open
when the work is split: no connection, and no thread that holds a lock. The console has servers open, and does not split.
"""

import asyncio
import contextlib
import multiprocessing
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Any, TypeVar

from replay.failure import CannotDo

Found = TypeVar("Found")
One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class Share:
    """number: which one, from 0 on. of: how many there are."""

    number: int = 0
    of: int = 1

    def among(self, every: Sequence[One]) -> Sequence[One]:
        """Those of this share. All shares together have each of them once, and in their order."""
        edges = [len(every) * number // self.of for number in (self.number, self.number + 1)]
        return every[edges[0] : edges[1]]

    def says(self, what: str) -> str:
        """As the first share tells of its progress. what: it has done, e.g. `decided`."""
        return what if self.of == 1 else f"{what} by one of {self.of} processes"


WHOLE = Share()


def cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0))


async def in_shares(work: Callable[[Share], Awaitable[Found]], shares: int) -> list[Found]:
    """What `work` finds in each share, in the order of the shares. This process does the first one itself.

    work: must find something that can be pickled. Raises what `work` raises in any of them, and CannotDo where a process was
    ended before it had found something. The others are ended then.
    """
    others = list[tuple[ForkProcess, Connection]]()
    try:
        for number in range(1, shares):
            others.append(_begin(work, Share(number, shares)))
        mine, *found = await asyncio.gather(work(Share(0, shares)), *(_found(*other) for other in others))
    finally:
        for process, there in others:
            process.kill()
            process.join()
            there.close()
    return [mine, *found]


def _begin(work: Callable[[Share], Awaitable[Any]], share: Share) -> tuple[ForkProcess, Connection]:
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_in_a_copy, args=(work, share, there), daemon=True)
    process.start()
    there.close()  # so that `here` comes to its end when the process does
    return process, here


def _in_a_copy(work: Callable[[Share], Awaitable[Any]], share: Share, there: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches all of them; this one has nothing to put in order

    async def told() -> Any:
        try:
            return await work(share)
        except Exception as error:
            return _Failed(error)

    with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
        there.send(asyncio.run(told()))


class _Failed:
    def __init__(self, error: Exception) -> None:
        self.error = error


async def _found(process: ForkProcess, there: Connection) -> Any:
    try:
        found = await asyncio.to_thread(there.recv)
    except EOFError:
        await asyncio.to_thread(process.join)
        raise CannotDo(f"a process that did part of it was ended (exit code {process.exitcode})") from None
    if isinstance(found, _Failed):
        raise found.error
    return found
