"""The walks of pages of docs/: their blocks of commands as one script."""

import asyncio
import os
import re
from pathlib import Path

from tests.deadline import within

WITHIN = 180.0
"""Seconds for all commands of a page, each of which takes some tenths of one on a quiet machine."""

_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_FILE = re.compile(r"```python (\S+)\n(.*?)```", re.DOTALL)


async def walk(page: Path, folder: Path, **named: str) -> str:
    """What the commands printed. named: variables that they take. Fails where one fails."""
    process = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", _script(page), cwd=folder, env={**os.environ, **named}, stdout=-1, stderr=-1
    )
    try:
        out, wrong = await within(f"the walk of {page.name} to end", process.communicate(), WITHIN)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, f"{out.decode()[-2000:]}\n{wrong.decode()[-2000:]}"
    return out.decode()


def files(page: Path, folder: Path) -> None:
    """Writes the blocks that have a file's name."""
    for name, text in _FILE.findall(page.read_text()):
        (folder / name).write_text(text)


def _script(page: Path) -> str:
    return "\n".join(_BLOCK.findall(page.read_text()))
