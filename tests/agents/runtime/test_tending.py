"""What the log says while the views cannot be looked after."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from agents.runtime import tending
from stores.errors import Unavailable

ROUNDS = 5


class Away:
    """Generations on a Redis that is away. enough: set when it was asked often enough."""

    def __init__(self) -> None:
        self.asked = 0
        self.enough = asyncio.Event()

    async def running(self, forms: dict[str, str]) -> Any:
        self.asked += 1
        if self.asked == ROUNDS:
            self.enough.set()
        raise Unavailable("Redis", "connection refused")


async def test_while_redis_is_away_that_is_said_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tending, "_EVERY", 0.0)
    away: Any = Away()
    topic: Any = type("OfOneTopic", (), {"forms": {"tally": "a form"}})()
    with capture_logs() as said:
        task = asyncio.create_task(tending.tend(away, [topic]))
        await asyncio.wait_for(away.enough.wait(), 60)
        task.cancel()
    assert [(line["event"], line["count"]) for line in said] == [("views_not_tended", 1)]
