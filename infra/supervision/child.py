"""One supervised process: started, watched, started again when it dies, stopped for good only on request."""

import asyncio
import contextlib
import os
import signal
import time
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

from infra.failure import CannotStart
from infra.layout import ports
from infra.layout.folders import DataFolder
from infra.process import identity
from infra.process.health import Health, health_of
from infra.process.identity import Mark
from infra.process.program import Program
from infra.process.spawn import spawn

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0  # seconds from a death to the next start, doubling
STEADY = 10.0  # a process that lived so long starts again with the first pause
TRIES = 4  # deaths before it was ever ready: then whoever waits for it is told
ASK_EVERY, ASK_WITHIN = 0.05, 2.0
RECORD_EVERY = 1.0  # seconds between tries to write the record


class State(StrEnum):
    RUNNING = "running"
    STARTING = "starting"
    STOPPED = "stopped"
    FAILED = "failed"  # it dies again and again, or cannot be had; it is tried on


class Child:
    def __init__(self, program: Program, data: DataFolder, say: Callable[[str], None]) -> None:
        self.program = program
        self.state = State.STOPPED
        self.mark: Mark | None = None
        self.log = data.logs / f"{program.name}.log"
        self._record = data.run / f"{program.name}.json"
        self._say = say
        self._halted = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._deaths = 0

    def start(self) -> None:
        """Raises CannotStart where somebody else has one of its ports. Does not wait, see `until_ready`."""
        if self._keeper and not self._keeper.done():
            return
        ports.require_free(self.program.name, self.program.ports, self._sisters())
        self._halted.clear()
        self._deaths = 0
        self.state = State.STARTING
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.program.name}")

    async def until_ready(self) -> None:
        """Raises CannotStart where it keeps dying or takes too long, with what it lacks by its own word or the last line of
        its log."""
        deadline = time.monotonic() + self.program.start_within
        while self.state is not State.RUNNING:
            if self._halted.is_set():
                raise CannotStart(f"{self.program.name} was stopped while it was starting")
            if self._deaths >= TRIES or time.monotonic() > deadline:
                what = "keeps dying" if self._deaths else f"is not ready after {self.program.start_within:.0f} s"
                raise CannotStart(f"{self.program.name} {what}: {await self._why()} (its log: {self.log})")
            await asyncio.sleep(ASK_EVERY)

    async def _why(self) -> str:
        said = await asyncio.to_thread(health_of, self.program.health) if self.program.health else Health()
        return f"it lacks {', '.join(said.lacks)}" if said.lacks else _last_line(self.log)

    async def stop(self, number: int | None = None) -> None:
        """Returns when the whole session is gone, after `patience` by SIGKILL. A SIGKILL goes to all of it at once."""
        self._halted.set()
        if self.mark:
            first = self.program.stop_signal if number is None else number
            if first == signal.SIGKILL:
                identity.signal_session(self.mark, signal.SIGKILL)
            await asyncio.to_thread(identity.end, self.mark, first, self.program.patience)
        if self._keeper:
            await self._keeper
        self.state = State.STOPPED

    def send(self, number: int) -> None:
        """A signal to the whole session, and nothing else: a killed one is started again as after any death."""
        if self.mark:
            identity.signal_session(self.mark, number)

    def _sisters(self) -> list[int]:
        """Pids of those who may have its ports, too."""
        if not self.program.shares_ports:
            return []
        kind = self.program.name.rpartition("-")[0]
        marks = (Mark.read(record) for record in self._record.parent.glob(f"{kind}-*.json"))
        return [mark.pid for mark in marks if mark is not None and identity.alive(mark)]

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while not self._halted.is_set():
            begun = time.monotonic()
            try:
                await self._live_once()
            except OSError as error:  # e.g. of a full disk, or of no more descriptors: the next try may go better
                self._say(f"{self.program.name}: {error}, it is started again")
            if self._halted.is_set():
                break
            self._deaths += 1
            self.state = State.FAILED if self._deaths >= TRIES else State.STARTING
            pause = FIRST_PAUSE if time.monotonic() - begun > STEADY else pause
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._halted.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        self.state = State.STOPPED

    async def _live_once(self) -> None:
        try:
            process = await spawn(self.program, self.log)
        except CannotStart as error:
            self._say(str(error))
            return
        try:
            self.mark = identity.mark(process.pid)
        except OSError:
            process.kill()  # nobody could find it again
            await process.wait()
            raise
        if self._halted.is_set():  # stopped while it was being born: stop() had nobody to signal yet
            process.kill()
        recording = asyncio.create_task(self._record_mark(self.mark), name=f"record {self.program.name}")
        asking = asyncio.create_task(self._ask_until_ready(), name=f"ask {self.program.name}")
        code = await process.wait()
        recording.cancel()
        asking.cancel()
        self._bury(process, code)

    async def _record_mark(self, mark: Mark | None) -> None:
        """Tries until there is room for it on the disk: the process is kept alive meanwhile. Only if the supervisor is killed
        before that does its successor not know of the process."""
        told = False
        while mark is not None:
            try:
                mark.write(self._record)
                return
            except OSError as error:
                if not told:
                    self._say(f"{self.program.name} (pid {mark.pid}) runs, its record cannot be written yet: {error}")
                told = True
                await asyncio.sleep(RECORD_EVERY)

    def _bury(self, process: Process, code: int) -> None:
        mark, self.mark = self.mark, None
        if mark:  # what it left behind would hold its ports and files
            identity.signal_session(mark, signal.SIGKILL)
        with contextlib.suppress(OSError):  # a record that is left names a process that is gone
            self._record.unlink(missing_ok=True)
        if not self._halted.is_set():
            self._say(f"{self.program.name} (pid {process.pid}) ended with {_code(code)}, it is started again")

    async def _ask_until_ready(self) -> None:
        while True:
            with contextlib.suppress(OSError, EOFError, TimeoutError):
                if await asyncio.wait_for(self.program.ready(), ASK_WITHIN):
                    break
            await asyncio.sleep(ASK_EVERY)
        self._deaths = 0
        self.state = State.RUNNING


def pids(children: Mapping[str, Child]) -> dict[str, int]:
    """By the same names. Raises RuntimeError where one does not run: what is measured of all would lack it."""
    found = {name: child.mark.pid for name, child in children.items() if child.mark}
    if missing := children.keys() - found.keys():
        raise RuntimeError(f"not running: {', '.join(sorted(missing))}")
    return found


def _code(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _last_line(log: Path) -> str:
    with contextlib.suppress(OSError), log.open("rb") as lines:
        lines.seek(max(0, os.fstat(lines.fileno()).st_size - 4096))
        said = [line.strip() for line in lines.read().decode(errors="replace").splitlines() if line.strip()]
        return said[-1][:300] if said else "it said nothing"
    return "it said nothing"
