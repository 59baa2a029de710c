"""Where passwords are hashed."""

import os
import threading

from agents.auth.passwords import BEHIND, Passwords


class Watched:
    """Hashes nothing; tells how nice the thread was in which it was asked to."""

    def hash(self, password: str) -> str:
        return str(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))


async def test_a_hash_goes_behind_what_else_the_process_does() -> None:
    passwords = Passwords(Watched())  # type: ignore[arg-type]
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert await passwords.hash("secret") == str(min(19, own + BEHIND))
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own
