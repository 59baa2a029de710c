"""Readiness knows whether writes are taken, also where Kafka, Redis and all views are there."""

import asyncio
import uuid

from http_edge.routing.unanswered import REMEMBERED, SILENT, Unanswered
from tests.deadline import until
from tests.http_edge.conftest import World
from tests.http_edge.domains import Command

LINE = {"meal_id": "m-1", "quantity": 1}


async def test_an_edge_whose_redis_is_full_is_not_ready(edge: World):
    used, limit = (await edge.redis.info("memory"))["used_memory"], await edge.redis.config_get("maxmemory")
    await edge.redis.config_set("maxmemory", used // 2)
    try:
        said = await until("readiness to know it", lambda: _ready(edge, 503))
        assert said["writable"] is False and said["redis"] is True
        metrics = (await edge.client().call("GET", "/metrics")).raw.decode()
        (share,) = (line for line in metrics.splitlines() if line.startswith("lezzet_redis_memory_share "))
        assert float(share.split()[1]) > 1
    finally:
        await edge.redis.config_set("maxmemory", limit["maxmemory"])
    assert (await until("it to be ready again", lambda: _ready(edge, 200)))["writable"] is True


async def _ready(edge: World, status: int) -> dict[str, object] | None:
    said = await edge.client().call("GET", "/health/ready")
    return said.json if said.status == status else None


async def test_an_edge_whose_writes_are_not_answered_is_not_ready(edge: World):
    def silent(command: Command) -> None:
        return None

    edge.domains.behave(silent)
    users = [edge.client(str(uuid.uuid4())) for _ in range(SILENT)]
    await asyncio.gather(*(user.call("POST", "/carts/add", LINE) for user in users))
    said = await edge.client().call("GET", "/health/ready")
    assert (said.status, said.json["silent"]) == (503, ["basket_commands"])
    assert said.json["lacks"] == ["answers to basket_commands"]
    edge.domains.behave()
    assert (await users[0].call("POST", "/carts/add", LINE)).status == 200
    assert (await edge.client().call("GET", "/health/ready")).status == 200


def test_one_aggregate_alone_makes_no_topic_silent():
    """Its key may be parked: whoever knows such a one could keep every edge from being ready."""
    unanswered = Unanswered(lambda: 0.0)
    for _ in range(10 * SILENT):
        unanswered.missed("basket_commands", "the same")
    assert unanswered.silent() == []


def test_silence_is_forgotten_unless_it_goes_on():
    now = [0.0]
    unanswered = Unanswered(lambda: now[0])
    for key in range(SILENT):
        unanswered.missed("basket_commands", str(key))
    assert unanswered.silent() == ["basket_commands"]
    now[0] = REMEMBERED + 1
    assert unanswered.silent() == [], "an edge that is not ready gets no requests that would show it"
    unanswered.missed("basket_commands", "one more")
    assert unanswered.silent() == []


def test_an_answer_ends_it():
    unanswered = Unanswered(lambda: 0.0)
    for key in range(SILENT):
        unanswered.missed("a", str(key))
    unanswered.answered("b")
    assert unanswered.silent() == ["a"]
    unanswered.answered("a")
    assert unanswered.silent() == []
