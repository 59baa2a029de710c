"""Starts a program that ends with us: its own session, its own log, and the kernel's word if we are killed."""

import asyncio
import errno
import os
import shutil
import signal
from asyncio.subprocess import Process
from pathlib import Path

from infra.failure import CannotStart
from infra.process.program import Account, Program

LOG_AT_MOST = 20 * 1024 * 1024


async def spawn(program: Program, log: Path) -> Process:
    """The child leads its own session, so that all its descendants can be found. Raises CannotStart."""
    try:
        trim(log)
        with log.open("ab") as out:
            return await asyncio.create_subprocess_exec(
                *wrapped(program.argv, program.account, dies_with_us=program.stop_signal),
                cwd=program.folder,
                env=program.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
    except OSError as error:
        raise CannotStart(f"{program.name}: cannot start {program.argv[0]}: {error}") from None


def wrapped(argv: tuple[str, ...], account: Account | None, *, dies_with_us: int | None = None) -> tuple[str, ...]:
    """`argv` as setpriv starts it: it changes the user first and asks for the signal afterwards, else that is lost."""
    options: list[str] = []
    if account:
        options += [f"--reuid={account.user}", f"--regid={account.group}", "--clear-groups"]
        if account.reads_everything:
            options += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    if dies_with_us is not None:
        options.append(f"--pdeathsig={signal.Signals(dies_with_us).name.removeprefix('SIG')}")
    return ("setpriv", *options, *argv) if options else argv


def trim(log: Path) -> None:
    """One older log is kept, where the disk has room for it. In place: the program has the file open for appending and goes on
    at its new end."""
    if not log.exists() or log.stat().st_size <= LOG_AT_MOST:
        return
    older = log.with_suffix(".log.1")
    older.unlink(missing_ok=True)  # its place may be all that there is
    try:
        shutil.copyfile(log, older)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        older.unlink(missing_ok=True)  # a log that fills the disk makes room
    os.truncate(log, 0)
