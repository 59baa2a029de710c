"""CPU time of running processes, from what the kernel writes into /proc/<pid>/stat."""

from collections.abc import Mapping
from contextlib import suppress

import psutil


def seconds(pid: int) -> float:
    """Of the process and all that descend from it, also of those that have ended. The kernel counts in 10 ms.

    Raises psutil.NoSuchProcess where it is gone.
    """
    leader = psutil.Process(pid)
    found = _of(leader)
    for child in leader.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # its parent's count has it now
            found += _of(child)
    return found


def _of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system + times.children_user + times.children_system


class Clock:
    """Runs from when it is made. pids: by a name of the reader's choice."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = pids
        self._began = self._now()

    def used(self) -> dict[str, float]:
        """Seconds since the beginning, by name."""
        return {name: now - self._began[name] for name, now in self._now().items()}

    def _now(self) -> dict[str, float]:
        return {name: seconds(pid) for name, pid in self._pids.items()}
