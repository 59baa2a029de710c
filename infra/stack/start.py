"""The order in which a stack comes up, and runs until it is told to end."""

import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from infra.failure import CannotStart
from infra.layout.folders import CHECKOUT
from infra.layout.ports import require_free
from infra.layout.site import Site
from infra.process.health import health_of
from infra.process.program import Program, Server
from infra.process.shell import run
from infra.servers.registry import servers
from infra.stack.lag import caught_up
from infra.stack.product import agents, console, edge, logs
from infra.supervision.control_server import ControlServer
from infra.supervision.supervisor import Supervisor
from stores.keyring import make_keys


@dataclass(frozen=True, slots=True)
class Size:
    """How much is started. `product`: agents and edge too. `later`: the servers that nothing waits for, too. `few`: of the
    demo data only what is written by hand."""

    agents: int
    edges: int
    product: bool
    later: bool
    few: bool = False


class Start:
    def __init__(self, site: Site, size: Size, say: Callable[[str], None], lock: int) -> None:
        """lock: of the data folder, which the caller has taken."""
        self._site = site
        self._size = size
        self._say = say
        self._supervisor = Supervisor(site.data, say, lock)
        self._control = ControlServer(self._supervisor)
        self._ended = asyncio.Event()
        self._later: list[asyncio.Task[None]] = []

    async def run(self, up: Callable[[], None]) -> None:
        """Calls `up` when everything required answers, returns after SIGTERM or SIGINT. Raises CannotStart."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._ended.set)
        await self._supervisor.open()
        coming = asyncio.create_task(self._come_up(), name="come up")
        ending = asyncio.create_task(self._ended.wait(), name="ended")
        try:
            await self._control.open()
            await asyncio.wait((coming, ending), return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                coming.result()
                up()
                await ending
        finally:
            await self._go_down(coming, ending)

    async def _come_up(self) -> None:
        wanted = servers(self._site)
        core = [server for server in wanted if server.required]
        later = [server for server in wanted if not server.required] if self._size.later else []
        programs = self._programs() if self._size.product else []
        self._supervisor.expect((*(server.name for server in core), *(each.name for each in programs)), required=True)
        self._supervisor.expect((server.name for server in later), required=False)
        for program in programs:  # at once: their turn comes when the servers are up
            require_free(program.name, program.ports)
        make_keys(self._site.data.keys)
        await self._supervisor.start_servers(core)
        if self._size.product:
            await self._product(programs)
            self._start_beside(console(self._site))
            if self._size.later:
                self._start_beside(logs(self._site))
        self._later = [asyncio.create_task(self._try(server), name=f"later {server.name}") for server in later]

    def _programs(self) -> list[Program]:
        processes = [agents(self._site, number + 1) for number in range(self._size.agents)]
        return processes + [edge(self._site, number + 1) for number in range(self._size.edges)]

    async def _product(self, programs: list[Program]) -> None:
        await self._step("topics and tables", "agents.provision")
        children = [self._supervisor.start(program) for program in programs]
        await asyncio.gather(*(child.until_ready() for child in children))
        self._say("agents and edge answer")
        deciding = [program for program in programs if program.name.startswith("agents-")]
        for program in deciding:
            for part in (await asyncio.to_thread(health_of, program.health)).stands:
                self._say(f"{program.name} goes on without {part}")
        await self._step("demo data", "infra.demo", *(["few"] if self._size.few else []))
        await self._catch_up([program.health for program in deciding])

    async def _catch_up(self, healths: Sequence[str]) -> None:
        """So that who is told that all is up finds the demo data. Clients who are at work already keep agents a little behind,
        which ends no start."""
        try:
            await caught_up(healths)
            self._say("copies and views have caught up")
        except CannotStart as error:
            self._say(f"goes on: {error}")

    async def _step(self, what: str, module: str, *arguments: str) -> None:
        """What it says while it runs is said, too."""
        argv = (sys.executable, "-m", module, *arguments)
        await run(argv, what=what, folder=CHECKOUT, environment=self._site.environment(), heard=self._say)

    def _start_beside(self, program: Program) -> None:
        """Nothing needs it: where its port is taken, that is said and the rest goes on."""
        try:
            self._supervisor.start(program)
        except CannotStart as error:
            self._say(f"goes on without: {error}")

    async def _try(self, server: Server) -> None:
        """Nothing waits for these yet, so what they lack is said and the rest goes on."""
        try:
            await self._supervisor.start_server(server)
        except CannotStart as error:
            self._say(f"goes on without: {error}")

    async def _go_down(self, *unfinished: asyncio.Task[object]) -> None:
        """Edge first: whoever is told that something was done must find agents that do it."""
        for task in (*unfinished, *self._later):
            task.cancel()
        await asyncio.gather(*unfinished, *self._later, return_exceptions=True)
        names = list(self._supervisor.children)
        groups = [[name for name in names if name.startswith(kind)] for kind in ("edge-", "agents-")]
        for group in (*groups, names):
            await self._supervisor.stop(group)
        await self._control.close()
        await self._supervisor.close()
