"""Keeps the processes of one data folder alive. There is one supervisor a data folder, and no child outlives it."""

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterable

from infra.failure import CannotStart
from infra.layout.folders import DataFolder
from infra.process import identity
from infra.process.identity import Mark
from infra.process.program import Program, Server
from infra.process.spawn import trim
from infra.supervision.child import Child, State

TEND_EVERY = 30.0  # seconds between looks at the sizes of the logs
LEFT_PATIENCE = 3.0  # seconds for all that a killed supervisor left: the kernel has told them to end already
SELF = "supervisor.json"


class Supervisor:
    def __init__(self, data: DataFolder, say: Callable[[str], None], lock: int | None = None) -> None:
        """lock: what `take` gave, where the caller has taken the data folder already."""
        self.data = data
        self.say = say
        self.children: dict[str, Child] = {}
        self.expected: dict[str, bool] = {}  # name: whether it is required; what has no child yet, too
        self.refused: set[str] = set()  # those that could not be had
        self._tending: asyncio.Task[None] | None = None
        self._lock = lock

    async def open(self) -> None:
        """Takes the data folder. Raises CannotStart where another supervisor has it."""
        self._lock = take(self.data) if self._lock is None else self._lock
        if self._lock is None:
            raise CannotStart(f"another supervisor runs in {self.data.root}, see ./lezzet status")
        myself = identity.mark(os.getpid())
        assert myself is not None, "we are alive"
        await asyncio.to_thread(end_leftovers, self.data, self.say)
        myself.write(self.data.run / SELF)
        self._tending = asyncio.create_task(self._tend(), name="tend logs")

    async def close(self) -> None:
        """Stops what still runs, the last started first, and gives the data folder back."""
        for child in reversed(self.children.values()):
            await child.stop()
        if self._tending:
            self._tending.cancel()
        (self.data.run / SELF).unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)

    def expect(self, names: Iterable[str], *, required: bool) -> None:
        """They will be started: until then they count as starting."""
        self.expected.update(dict.fromkeys(names, required))

    def start(self, program: Program) -> Child:
        """Starts it for the first time, without waiting. Raises CannotStart."""
        child = Child(program, self.data, self.say)
        child.start()
        self.expected[program.name] = program.required
        self.children[program.name] = child
        return child

    async def start_server(self, server: Server) -> Child:
        """Gets, prepares and starts a server, and returns when it answers. Raises CannotStart."""
        try:
            await server.install()
            await server.prepare()
            child = self.start(server.program())
        except CannotStart:
            self.refused.add(server.name)
            raise
        except OSError as error:  # mostly a full disk
            self.refused.add(server.name)
            raise CannotStart(f"{server.name}: {error}") from error
        await child.until_ready()
        self.say(f"{server.name} is ready")
        return child

    async def start_servers(self, wanted: Iterable[Server]) -> None:
        """Side by side. Raises the first CannotStart, when the others have been let go."""
        try:
            async with asyncio.TaskGroup() as starts:
                for server in wanted:
                    starts.create_task(self.start_server(server), name=f"start {server.name}")
        except ExceptionGroup as group:
            raise group.exceptions[0] from None

    async def stop(self, names: Iterable[str]) -> None:
        """Side by side."""
        await asyncio.gather(*(self.children[name].stop() for name in names))

    def state(self, name: str) -> State:
        if name in self.children:
            return self.children[name].state
        return State.FAILED if name in self.refused else State.STARTING

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(TEND_EVERY)
            for log in list(self.data.logs.glob("*.log")):  # our own, too, and those of other starts
                with contextlib.suppress(OSError):  # the next look tries again
                    await asyncio.to_thread(trim, log)


def take(data: DataFolder) -> int | None:
    """Takes the data folder: only whoever has it chooses its ports, starts what runs there, ends it or removes it. Returns a
    descriptor, and its end gives the folder back. None: somebody else has it."""
    data.run.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(data.run / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def supervisor_of(data: DataFolder) -> Mark | None:
    """The one that runs now."""
    known = Mark.read(data.run / SELF)
    return known if identity.alive(known) else None


def end_leftovers(data: DataFolder, say: Callable[[str], None]) -> bool:
    """Ends what the children's records name and still runs: their supervisor was killed. Blocks. True: some did. The caller
    has taken the data folder."""
    found: list[Mark] = []
    for record in sorted(data.run.glob("*.json")):
        left = Mark.read(record)
        if left and record.name != SELF and identity.session(left):
            say(f"{record.stem} (pid {left.pid}) outlived its supervisor, it is ended")
            found.append(left)
    deadline = time.monotonic() + LEFT_PATIENCE
    for left in found:
        identity.end(left, patience=deadline - time.monotonic())
    for record in data.run.glob("*.json"):
        record.unlink()
    return bool(found)
