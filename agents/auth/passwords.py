"""Password hashing: argon2id off the event loop, in a pool that bounds how many run at once.

Parameters: OWASP Password Storage Cheat Sheet, argon2id with 19 MiB, 2 passes, 1 lane (about 20 ms of one core).
"""

import asyncio
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

WORKERS = 2
BEHIND = 4  # added to a niceness: on busy cores a hash goes behind, with two fifths of what another thread gets


def _goes_behind() -> None:
    """Only Linux has a niceness for each thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + BEHIND)


class Passwords:
    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="argon2", initializer=_goes_behind)
        self._nobody = self._hasher.hash("the hash of nobody's password")

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._hasher.hash, password)

    async def matches(self, against: str, password: str) -> bool:
        """against "": takes the same time as a real check and is False, so that nobody can tell who is registered."""
        checked = against or self._nobody
        said = await asyncio.get_running_loop().run_in_executor(self._pool, self._verify, checked, password)
        return said and bool(against)

    def _verify(self, against: str, password: str) -> bool:
        try:
            return self._hasher.verify(against, password)
        except (VerificationError, InvalidHashError):
            return False
