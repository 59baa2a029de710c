"""Commands that the console gives for its reader: as the one line that stands on the page, in a process of their own, so that
page and command line do the same. Those that change something are on record first (topics/contracts/engineer_audit.py)."""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from replay.console.desk import Desk
from replay.failure import CannotDo
from replay.log.on_record import put_on_record
from topics.contracts.engineer_audit import CommandGiven

SECONDS = 120.0
MOST = 64 * 1024
"""Characters of what a command says."""
_YES = "--yes"


@dataclass(frozen=True, slots=True)
class Outcome:
    """command: with `--body FILE` where a body was given. code: its exit code."""

    command: Sequence[str]
    code: int
    lines: Sequence[str]


async def tried(desk: Desk, command: Sequence[str], body: bytes | None = None) -> Outcome:
    """A dry run. Raises CannotDo."""
    return await _run(desk, command, body)


async def carried_out(desk: Desk, command: Sequence[str], body: bytes | None = None) -> Outcome:
    """With --yes. Raises CannotDo, also where the console may not write, and Unavailable: then nothing was done."""
    if not desk.write:
        raise CannotDo("this console changes nothing: start one that does with ./lezzet console --write")
    await put_on_record(desk.tools, CommandGiven, "console", [*command, _YES])
    return await _run(desk, [*command, _YES], body)


async def _run(desk: Desk, command: Sequence[str], body: bytes | None) -> Outcome:
    if body is None:
        code, said = await _process(desk, command)
        return Outcome(command, code, said.splitlines())
    with tempfile.NamedTemporaryFile(prefix="lezzet-console-") as file:  # only its owner may read it
        await asyncio.to_thread(Path(file.name).write_bytes, body)
        code, said = await _process(desk, [*command, "--body", file.name])
    return Outcome([*command, "--body", "FILE"], code, said.replace(file.name, "FILE").splitlines())


async def _process(desk: Desk, command: Sequence[str]) -> tuple[int, str]:
    """(exit code, what it said)."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "replay", *command,
        env=desk.environment, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    except TimeoutError:
        raise CannotDo(f"the command has not ended within {SECONDS:.0f} s, and is stopped") from None
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, said.decode(errors="backslashreplace")[:MOST]
