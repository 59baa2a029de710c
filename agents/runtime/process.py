"""The life of an agents process: wait for the servers, start every group, watch for crashes, stop within bounds."""

import asyncio
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import NoReturn

import structlog

from agents.runtime.transport.group import Group
from stores.settings import BadSetting

log = structlog.get_logger()

CUT_OFF, CRASHED = 1, 3  # exit codes
_ENDING = (signal.SIGTERM, signal.SIGINT)
_WATCH = 0.25
# Objects allocated between two looks for reference cycles. A batch's objects die by their reference counts; looking among
# them every 700, as Python does, took 10 of 62 µs a command (`./lezzet bench runtime`).
_LOOKS = (50_000, 20, 20)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds. start: for all groups. drain: after SIGTERM batches may finish. hard: after SIGTERM the process is gone."""

    start: float = 120.0
    drain: float = 4.0
    hard: float = 8.0


BOUNDS = Bounds()


async def leave(running: Awaitable[int]) -> NoReturn:
    """Ends the process with the exit code that comes of it, from inside the loop: closing it waits for Faust's tasks and
    threads, which may wait for a dead broker. What had to be done is done."""
    try:
        code = await running
    except BadSetting:
        raise
    except Exception:
        # E.g. Kafka went away while the groups were starting. The supervisor starts anew; here nothing may wait for Faust.
        log.exception("agents_failed")
        code = CRASHED
    sys.stderr.flush()
    os._exit(code)


class Process:
    """Groups, and why they end."""

    def __init__(self, groups: Sequence[Group], bounds: Bounds = BOUNDS) -> None:
        self.groups = groups
        self.started = False
        self._bounds = bounds
        self._stop = asyncio.Event()

    def listen(self) -> None:
        """From here on SIGTERM and SIGINT end the process in order; before, they just kill it.

        Blocked here and in every thread that is started later, and heard in a thread of their own: a handler of the loop's
        is never called where the loop is what hangs.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        threading.Thread(target=self._hear, args=(asyncio.get_running_loop(),), daemon=True).start()

    def _hear(self, loop: asyncio.AbstractEventLoop) -> None:
        signal.sigwait(_ENDING)
        loop.call_soon_threadsafe(self._stop.set)
        self._cut_off()

    def _cut_off(self) -> None:
        time.sleep(self._bounds.hard)
        os._exit(CUT_OFF)

    async def unless_stopped(self, waiting: "asyncio.Future[None]") -> bool:
        """Waits; False where the process is asked to stop first. Raises what `waiting` raises."""
        stop = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait((waiting, stop), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if self._stop.is_set():
            waiting.cancel()
            return False
        await waiting
        return True

    async def run(self) -> int:
        """Starts all and returns the exit code."""
        if not await self.unless_stopped(asyncio.ensure_future(self._start())):
            return 0
        log.info("agents_started", groups=[group.name for group in self.groups])
        crash = await self._watch()
        await self._end()
        return 0 if crash is None else CRASHED

    async def _start(self) -> None:
        starting = [asyncio.ensure_future(group.start()) for group in self.groups]
        # A start that hangs would look alive for ever. It is not waited for, since it may be deaf to cancellation.
        done, late = await asyncio.wait(starting, timeout=self._bounds.start, return_when=asyncio.FIRST_EXCEPTION)
        for start in done:
            start.result()
        if late:
            raise TimeoutError(f"{len(late)} groups did not start within {self._bounds.start:.0f} s")
        gc.collect()
        gc.freeze()  # code and clients stay for ever: no look needs to pass over them again
        gc.set_threshold(*_LOOKS)
        self.started = True

    async def _watch(self) -> BaseException | None:
        """A crashed Faust app does not end the process, and does nothing any more: end it, the supervisor starts anew."""
        while not self._stop.is_set():
            for group in self.groups:
                crash = group.crashed
                if crash is not None:
                    log.error("group_crashed", group=group.name, why=repr(crash)[:300])
                    threading.Thread(target=self._cut_off, daemon=True).start()
                    return crash
            try:
                await asyncio.wait_for(self._stop.wait(), _WATCH)
            except TimeoutError:
                continue
        return None

    async def _end(self) -> None:
        log.info("agents_stopping")
        ending = [asyncio.ensure_future(group.stop(self._bounds.drain)) for group in self.groups]
        await asyncio.wait(ending, timeout=self._bounds.drain + 2)
        log.info("agents_stopped")
