"""Things that are downloaded or built once and then shared by every data folder of this user."""

import asyncio
import contextlib
import fcntl
import os
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path


async def built(
    cache: Path, name: str, build: Callable[[Path], Awaitable[None]], usable: Callable[[Path], bool] = Path.is_dir
) -> Path:
    """The folder `name`, built where it is missing: whole or not at all, once even if two stacks start together.

    A name carries the version: a new version is a new folder. `build` may raise CannotStart, then nothing is kept. usable:
    whether a folder that is there still is; else it is built again.
    """
    final = cache / name
    if final.is_dir() and usable(final):
        return final
    async with locked(cache / f"{name}.lock"):
        if final.is_dir() and not usable(final):
            shutil.rmtree(final)
        if not final.is_dir():
            beside = cache / f"{name}.unfinished"  # under the lock, so what lies there is of somebody who was killed
            shutil.rmtree(beside, ignore_errors=True)
            beside.mkdir()
            await build(beside)
            beside.rename(final)
    return final


@contextlib.asynccontextmanager
async def locked(path: Path) -> AsyncGenerator[None]:
    """One process at a time; the system gives the lock back when its holder is killed."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(0.2)
        yield
    finally:
        os.close(handle)
