"""What a process says of its readiness."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from agents.runtime.beside import Beside
from agents.runtime.health import Health
from agents.runtime.readiness import Readiness


@pytest_asyncio.fixture
async def asked() -> AsyncGenerator[tuple[Any, str]]:
    """(what its only group says, the address)."""
    told = SimpleNamespace(
        name="tally.decide",
        lag=lambda: 3,
        settled=True,
        held_back=list,
        stopped=dict,
        behind=dict,
        since=dict,
        awaited=True,
    )
    process: Any = SimpleNamespace(started=True, groups=[told])
    health = Health(process, Readiness(process))
    yield told, f"http://127.0.0.1:{await health.start('127.0.0.1', 0)}/health/ready"
    await health.stop()


@pytest.mark.parametrize(("held", "status"), [([], 200), (["tally_commands:3"], 503)])
async def test_a_process_with_a_partition_that_is_held_back_is_not_ready_and_names_it(
    asked: tuple[Any, str], held: list[str], status: int
):
    told, address = asked
    since = datetime(2026, 3, 1, 12, tzinfo=UTC)
    told.held_back, told.since = lambda: held, lambda: dict.fromkeys(held, since)
    async with aiohttp.ClientSession() as http, http.get(address) as answer:
        said = await answer.json()
        assert (answer.status, said["ready"]) == (status, not held)
        assert said["groups"] == {
            "tally.decide": {
                "lag": 3,
                "settled": True,
                "held_back": held,
                "stopped": {},
                "behind": {},
                "since": dict.fromkeys(held, "2026-03-01T12:00:00Z"),
                "awaited": True,
            }
        }


async def test_what_is_heard_beside_kafka_is_named_while_it_is_away_and_holds_up_nothing():
    away: list[str] = ["RabbitMQ: away"]
    beside = Beside("kitchen.replies", asyncio.Event().wait, lambda: away[0] if away else None)  # type: ignore[arg-type]
    process: Any = SimpleNamespace(started=True, groups=[])
    health = Health(process, Readiness(process, [beside]))
    address = f"http://127.0.0.1:{await health.start('127.0.0.1', 0)}/health/ready"
    async with aiohttp.ClientSession() as http:
        async with http.get(address) as answer:
            assert (answer.status, (await answer.json())["away"]) == (200, {"kitchen.replies": "RabbitMQ: away"})
        away.clear()
        async with http.get(address) as answer:
            assert (await answer.json())["away"] == {}
    await health.stop()


async def test_a_group_that_nobody_waits_for_keeps_no_process_from_being_ready(asked: tuple[Any, str]):
    told, address = asked
    told.lag, told.settled, told.awaited = lambda: 100_000, False, False
    async with aiohttp.ClientSession() as http, http.get(address) as answer:
        said = await answer.json()
    assert (answer.status, said["ready"], said["lag"]) == (200, True, 0)
    assert said["groups"]["tally.decide"]["lag"] == 100_000, "it is told"
