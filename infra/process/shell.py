"""Runs a program to its end: installers, formatters, provisioning, demo data."""

import asyncio
import signal
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from infra.failure import CannotStart
from infra.process.program import Account
from infra.process.spawn import wrapped


async def run(
    argv: Sequence[str | Path],
    *,
    what: str,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    given: str = "",
    account: Account | None = None,
    heard: Callable[[str], None] | None = None,
) -> str:
    """Its output. heard: is told each line of it as it comes. account: whom to run as, else as we do.

    It ends with us: what a killed start left behind would go on in the folder in which the next one begins anew.
    Raises CannotStart `<what>: <program> ... failed: <last line it said>`.
    """
    process = await asyncio.create_subprocess_exec(
        *wrapped(tuple(map(str, argv)), account, dies_with_us=signal.SIGTERM),
        cwd=folder,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,  # a Ctrl-C ends us; half an installation is cleared at the next start
    )
    try:
        said = await (process.communicate(given.encode()) if heard is None else _listened(process, heard))
    except asyncio.CancelledError:
        process.kill()
        raise
    text = said[0].decode(errors="replace")
    if process.returncode:
        lines = [line for line in text.splitlines() if line.strip()] or ["it said nothing"]
        raise CannotStart(f"{what}: {Path(argv[0]).name} failed with {process.returncode}: {_telling(lines)}")
    return text


async def _listened(process: Process, heard: Callable[[str], None]) -> tuple[bytes, None]:
    """As `communicate`, of a program that is given nothing."""
    assert process.stdout is not None
    lines = list[bytes]()
    async for line in process.stdout:
        lines.append(line)
        heard(line.decode(errors="replace").rstrip())
    await process.wait()
    return b"".join(lines), None


def _telling(lines: list[str]) -> str:
    """Maven and apt end with advice; the first line that says error is the reason."""
    return next((line for line in lines if "error" in line.lower() or line.startswith("E:")), lines[-1]).strip()[:300]
