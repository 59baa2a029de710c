"""The walks of pages of docs/: their blocks of commands as one script."""

import asyncio
import os
import re
from pathlib import Path

from tests.deadline import SECONDS

_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_FILE = re.compile(r"```python (\S+)\n(.*?)```", re.DOTALL)


async def walk(page: Path, folder: Path, **named: str) -> str:
    """What the commands printed. named: variables that they take. Fails where one fails."""
    process = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", _script(page), cwd=folder, env={**os.environ, **named}, stdout=-1, stderr=-1
    )
    out, wrong = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode == 0, f"{out.decode()[-2000:]}\n{wrong.decode()[-2000:]}"
    return out.decode()


def files(page: Path, folder: Path) -> None:
    """Writes the blocks that have a file's name."""
    for name, text in _FILE.findall(page.read_text()):
        (folder / name).write_text(text)


def _script(page: Path) -> str:
    return "\n".join(_BLOCK.findall(page.read_text()))
