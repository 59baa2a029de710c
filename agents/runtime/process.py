"""The life of an agents process: wait for the servers, start every group, watch for crashes, stop within bounds."""

import asyncio
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import NoReturn

import structlog

from agents.runtime.transport.group import Group
from agents.runtime.transport.leases import IDLE
from stores.settings import BadSetting

log = structlog.get_logger()

CUT_OFF, CRASHED = 1, 3  # exit codes
_ENDING = (signal.SIGTERM, signal.SIGINT)
_WATCH = 0.25
# Thresholds of the garbage collector, which looks for reference cycles. The objects of a batch are freed by their reference
# counts; looking every 700 allocations, as Python does, took 10 of 62 µs a command (`./lezzet bench runtime`).
_LOOKS = (50_000, 20, 20)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds. start: until all groups have started. drain: that batches have to finish after SIGTERM. hard: after which
    SIGTERM ends the process in any case."""

    start: float = 120.0
    drain: float = 4.0
    hard: float = 8.0


BOUNDS = Bounds()


_NOTHING = nullcontext()


async def leave(running: Awaitable[int], beside: AbstractAsyncContextManager[None] = _NOTHING) -> NoReturn:
    """Waits for `running`, and ends the process with its exit code, or CRASHED where it raises. Raises BadSetting. beside: what
    is open until the last word is logged.

    Ends it from inside the loop: to close the loop would wait for Faust's tasks, which may wait for a dead broker.
    """
    async with beside:
        try:
            code = await running
        except BadSetting:
            raise
        except Exception:
            # E.g. Kafka went away while the groups were starting. The supervisor starts a new process.
            log.exception("agents_failed")
            code = CRASHED
    sys.stderr.flush()
    os._exit(code)


class Process:
    """Starts the groups, runs until a signal or a crash, and stops them."""

    def __init__(self, groups: Sequence[Group], bounds: Bounds = BOUNDS) -> None:
        self.groups = groups
        self.started = False
        self._bounds = bounds
        self._stop = asyncio.Event()

    def listen(self) -> None:
        """From here on SIGTERM and SIGINT end the process in order; before this call they kill it.

        The signals are blocked in this thread and in all that are started later, and a thread of its own waits for them: the
        loop would not call a handler while it hangs.
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
        """Waits for `waiting`, and raises what it raises. False if a signal comes first; then `waiting` is cancelled."""
        stop = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait((waiting, stop), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if self._stop.is_set():
            waiting.cancel()
            return False
        await waiting
        return True

    async def run(self) -> int:
        """Starts all groups, runs until the end, and returns the exit code: 0 or CRASHED. Raises what a start raises."""
        if not await self.unless_stopped(asyncio.ensure_future(self._start())):
            return 0
        log.info("agents_started", groups=[group.name for group in self.groups])
        idling = asyncio.create_task(self._look_after_idle())
        crash = await self._watch()
        idling.cancel()
        await self._end()
        return 0 if crash is None else CRASHED

    async def _start(self) -> None:
        starting = [asyncio.ensure_future(group.start()) for group in self.groups]
        # Bounded, since a process whose start hangs looks alive. Late starts are not awaited: they may ignore cancellation.
        done, late = await asyncio.wait(starting, timeout=self._bounds.start, return_when=asyncio.FIRST_EXCEPTION)
        for start in done:
            start.result()
        if late:
            raise TimeoutError(f"{len(late)} groups did not start within {self._bounds.start:.0f} s")
        gc.collect()
        gc.freeze()  # code and clients stay for ever: the collector need not look at them again
        gc.set_threshold(*_LOOKS)
        self.started = True

    async def _watch(self) -> BaseException | None:
        """Returns the error of a crashed group, or None after a signal. A crashed Faust app stands still and does not end the
        process; the supervisor starts a new one."""
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

    async def _look_after_idle(self) -> None:
        """One round for all groups: what they ask of a server at the same time is asked together."""
        while True:
            await asyncio.sleep(IDLE)
            for group in self.groups:
                group.look_after_idle()

    async def _end(self) -> None:
        log.info("agents_stopping")
        ending = [asyncio.ensure_future(group.stop(self._bounds.drain)) for group in self.groups]
        await asyncio.wait(ending, timeout=self._bounds.drain + 2)
        log.info("agents_stopped")
