"""What a side of the runtime bench measures of itself: commands done, time and CPU between the first and the last."""

import asyncio
import json
import resource
import sys
import time
from typing import NamedTuple


class Job(NamedTuple):
    """schema: of this run alone, also the name of its consumer group. total: commands on the topic. store: see
    infra/bench/runtime/stores.py."""

    topic: str
    schema: str
    total: int
    store: str

    @staticmethod
    def of_arguments() -> "Job":
        topic, schema, total, store = sys.argv[1:]
        return Job(topic, schema, int(total), store)


class Meter:
    """The first batch only starts the clocks: connections, plans and caches are warm then."""

    def __init__(self, total: int) -> None:
        self.done = asyncio.Event()
        self._left = total
        self._counted = 0
        self._began: tuple[float, float] | None = None
        self._ended = (0.0, 0.0)

    def count(self, commands: int) -> None:
        """These are committed and published."""
        self._left -= commands
        if self._began is None:
            self._began = _now()
        else:
            self._counted += commands
        if self._left <= 0:
            self._ended = _now()
            self.done.set()

    def tell(self) -> None:
        """One JSON line: commands a second, CPU µs of this process a command."""
        assert self._began is not None
        (began, cpu_began), (ended, cpu_ended) = self._began, self._ended
        seconds = ended - began
        print(
            json.dumps(
                {"per_second": self._counted / seconds, "cpu_us": (cpu_ended - cpu_began) * 1e6 / self._counted}
            ),
            flush=True,
        )


def _now() -> tuple[float, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), used.ru_utime + used.ru_stime
