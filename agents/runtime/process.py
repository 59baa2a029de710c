"""The life of an agents process: wait for the servers, start every group, watch for crashes, stop within bounds."""

import asyncio
import gc
import os
import signal
import threading
from collections.abc import Sequence

import structlog

from agents.runtime.group import Group

log = structlog.get_logger()

DRAIN, HARD = 4.0, 8.0  # seconds after SIGTERM: batches may finish, the process is gone
CRASHED = 3  # exit code
_START = 120.0  # seconds for all groups
_WATCH = 0.25
# Objects allocated between two looks for reference cycles. A batch's objects die by their reference counts; looking among
# them every 700, as Python does, took 10 of 62 µs a command (`./lezzet bench runtime`).
_LOOKS = (50_000, 20, 20)


class Process:
    """Groups, and why they end."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self.groups = groups
        self.started = False
        self._stop = asyncio.Event()

    def listen(self) -> None:
        """From here on SIGTERM and SIGINT end the process in order; before, they just kill it."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._asked)

    def _asked(self) -> None:
        # A thread, since the loop may be what hangs.
        guard = threading.Timer(HARD, os._exit, args=(1,))
        guard.daemon = True
        guard.start()
        self._stop.set()

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
        async with asyncio.timeout(_START):  # a start that hangs would look alive for ever
            await asyncio.gather(*(group.start() for group in self.groups))
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
                    self._asked()
                    return crash
            try:
                await asyncio.wait_for(self._stop.wait(), _WATCH)
            except TimeoutError:
                continue
        return None

    async def _end(self) -> None:
        log.info("agents_stopping")
        ending = [asyncio.ensure_future(group.stop(DRAIN)) for group in self.groups]
        await asyncio.wait(ending, timeout=DRAIN + 2)
        log.info("agents_stopped")
