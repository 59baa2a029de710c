"""The stage of a fault run or a bench: own servers on free ports, provisioned, and the product under one supervisor."""

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from infra.layout.folders import CHECKOUT
from infra.process.shell import run
from infra.stack import product
from infra.stack.lag import caught_up
from infra.stack.stack import Stack
from infra.supervision.child import Child

PROVISION_WITHIN = 120.0  # seconds
_BEGUN = time.monotonic()
_NONE: Mapping[str, str] = {}


def say(line: str) -> None:
    """One line of progress, with the seconds since the program's start."""
    print(f"{time.monotonic() - _BEGUN:7.1f} s  {line}", flush=True)


class Stage:
    """runs: the beginning of a command that runs a module of the product, `python -m`. settings: of the agents, environment
    variables."""

    def __init__(self, stack: Stack, runs: tuple[str, ...], settings: Mapping[str, str]) -> None:
        self.stack = stack
        self._runs = runs
        self._settings = settings

    async def provision(self) -> None:
        """Topics and schemas, as `./lezzet up` makes them."""
        async with asyncio.timeout(PROVISION_WITHIN):
            argv = (*self._runs, "agents.provision")
            await run(argv, what="provision", folder=CHECKOUT, environment=self.stack.environment())

    async def agents(self, count: int, module: str = "agents") -> list[Child]:
        """Ready when it returns. A killed one is started again by the supervisor. module: that is run."""
        programs = [product.agents(self.stack.site, n + 1) for n in range(count)]
        ours = [
            replace(each, argv=(*self._runs, module), environment={**(each.environment or {}), **self._settings})
            for each in programs
        ]
        children = [self.stack.supervisor.start(program) for program in ours]
        for child in children:
            await child.until_ready()
        say(f"{count} agents processes are ready")
        return children

    async def edge(self) -> Child:
        child = self.stack.supervisor.start(product.edge(self.stack.site, 1))
        await child.until_ready()
        say("the edge is ready")
        return child

    async def demo(self, agents: Sequence[Child]) -> None:
        """Fills in the demo data that is written by hand. Returns when all copies and views of these processes have it.

        Raises CannotStart."""
        argv = (sys.executable, "-m", "infra.demo", "few")
        await run(argv, what="demo data", folder=CHECKOUT, environment=self.stack.environment())
        await caught_up([child.program.health for child in agents])

    def log_lines(self, name: str) -> list[str]:
        """Of all lives of one process, the older log first."""
        log = self.stack.site.data.logs / f"{name}.log"
        paths = (log.with_suffix(".log.1"), log)
        return [line for path in paths if path.exists() for line in path.read_text(errors="replace").splitlines()]


NOBODY_ANSWERS = {"ORDER_ANSWER_SECONDS": "86400"}
"""For runs in which no restaurant answers its orders: else these are reminded and expire while their stores are compared."""


@asynccontextmanager
async def stage(
    *, keep: bool = False, runs: tuple[str, ...] = (sys.executable, "-m"), settings: Mapping[str, str] = _NONE
) -> AsyncGenerator[Stage]:
    """keep: leaves the data folder with all logs behind. Its processes end in any case. runs, settings: see Stage."""
    folder = Path(tempfile.mkdtemp(prefix="lezzet-stage-"))
    try:
        async with Stack(folder, say=say) as stack:
            made = Stage(stack, runs, settings)
            await made.provision()
            say("topics and schemas are there")
            yield made
    finally:
        if keep:
            say(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
