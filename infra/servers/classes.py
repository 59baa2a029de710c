"""Archives of loaded classes (class data sharing): with one, a Java server starts in half the time and with half the CPU."""

import asyncio
import hashlib
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from infra.failure import CannotStart
from infra.install.cache import built
from infra.layout.folders import DataFolder
from infra.layout.site import Site
from infra.process.program import Program
from infra.process.spawn import spawn

_ARCHIVE = "classes.jsa"
_WITHIN = 120.0  # seconds of the trial, to its start and to its end


async def archived(cache: Path, java: Path, code: Path, trial: Callable[[Site], Awaitable[Program]]) -> tuple[str, ...]:
    """Options of `java`, with which it finds the server's classes in an archive. It is made once for a JVM and a version of the
    server, by starting the server for a moment in a folder of its own. Where that fails there are no options.

    code: the folder of the server's jars, named by their version. trial: the program of the server, prepared on another site.
    """

    async def make(folder: Path) -> None:
        try:
            site = Site.make(DataFolder(folder / "data"), free=True)
            java, *rest = (program := await trial(site)).argv
            argv = (java, f"-XX:ArchiveClassesAtExit={folder / _ARCHIVE}", *rest)
            await _start_and_stop(replace(program, argv=argv), site.data.logs / "trial.log")
        except (CannotStart, TimeoutError, OSError):
            (folder / _ARCHIVE).unlink(missing_ok=True)  # half of one
        finally:
            shutil.rmtree(folder / "data", ignore_errors=True)

    folder = await built(cache, f"{code.name}-classes-{_jvm(java)}", make)
    archive = folder / _ARCHIVE
    return (f"-XX:SharedArchiveFile={archive}",) if archive.exists() else ()


def _jvm(java: Path) -> str:
    """Names its build: no other one can use the archive."""
    modules = java.resolve().parent.parent / "lib" / "modules"
    said = modules.stat() if modules.exists() else java.stat()
    return hashlib.sha256(f"{modules} {said.st_size} {said.st_mtime_ns}".encode()).hexdigest()[:12]


async def _start_and_stop(program: Program, log: Path) -> None:
    """Raises CannotStart, TimeoutError."""
    process = await spawn(program, log)
    try:
        async with asyncio.timeout(_WITHIN):
            while process.returncode is None and not await _is_ready(program):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
            if process.returncode is None:
                process.terminate()
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _is_ready(program: Program) -> bool:
    try:
        async with asyncio.timeout(1):
            return await program.ready()
    except (OSError, TimeoutError, EOFError):
        return False
