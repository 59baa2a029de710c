"""The edge's clock and the broker's are not the same: writes work, and operators see it."""

import dataclasses
import time
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest

from http_edge.__main__ import gateways
from http_edge.reads.streams import Streams
from http_edge.routing.broker_clock import MOST_SECONDS, BrokerClock
from http_edge.wire.access_log import AccessLog
from http_edge.wire.connections import Bounds, Connections
from stores.logs.lines import Lines
from tests.http_edge.client import Client
from tests.http_edge.conftest import World, serve
from tests.http_edge.domains import Command, done, refused
from topics.messages import headers
from topics.messages.reply import Reply

LINE = {"meal_id": "m-1", "quantity": 1}


@asynccontextmanager
async def an_edge(world: World, clock: Callable[[], float]) -> AsyncGenerator[Client]:
    """With a clock of its own, on the same servers."""
    own = {"connections": Connections(Bounds(), time.monotonic), "streams": Streams(world.edge.reads, world.edge.lists)}  # type: ignore[arg-type]
    edge = dataclasses.replace(world.edge, clock=clock, **own)
    serving, (port, _) = await serve(edge.connections, *gateways(edge, AccessLog("edge", enabled=False), Lines()))
    client = world.client(str(uuid.uuid4()))
    world.domains.behave(as_a_domain)
    try:
        yield dataclasses.replace(client, base=f"http://127.0.0.1:{port}")
    finally:
        await serving.close()


def as_a_domain(command: Command) -> Reply:
    return refused(command, "expired") if late(command) else done(command)


def late(command: Command) -> bool:
    return command.at > int(command.headers[headers.DEADLINE])


@pytest.mark.parametrize("skew", [-20.0, -2.1, 0.0, 2.1, 20.0])
@pytest.mark.parametrize("key", [None, "a key"])
async def test_every_write_works_whatever_the_clock_of_the_edge_says(edge: World, skew: float, key: str | None):
    async with an_edge(edge, lambda: time.time() + skew) as client:
        for number in range(4):
            said = await client.call(
                "POST", "/carts/add", LINE, **({"Idempotency_Key": f"{key} {number}"} if key else {})
            )
            assert said.status == 200, said.raw
        readiness = (await client.call("GET", "/health/ready")).json
        metrics = (await client.call("GET", "/metrics")).raw.decode()
    taken = [command for command in edge.domains.taken if not late(command)]
    assert len({command.id for command in taken}) == 4, "each took effect once"
    for command in taken[-3:]:
        assert 0 < int(command.headers[headers.DEADLINE]) - command.at < 2_500, "two seconds by the broker's clock"
    assert abs(readiness["clock_skew_ms"] + skew * 1000) < 1_000
    assert (readiness["clock"], readiness["ready"]) == (True, True)
    (line,) = [line for line in metrics.splitlines() if line.startswith("lezzet_edge_clock_skew_seconds ")]
    assert abs(float(line.split()[1]) + skew) < 1.0


async def test_a_repeat_that_comes_late_is_no_second_command_while_the_first_is_with_its_domain(edge: World):
    me, key = edge.client(str(uuid.uuid4())), uuid.uuid4().hex
    edge.domains.behave(lambda command: None)
    assert (await me.call("POST", "/carts/add", LINE, Idempotency_Key=key)).status == 202
    (first,) = edge.domains.taken
    async with an_edge(edge, lambda: time.time() - 20) as client:
        edge.domains.behave(lambda command: None)
        said = await dataclasses.replace(me, base=client.base).call("POST", "/carts/add", LINE, Idempotency_Key=key)
        assert said.status == 202
    assert {command.id for command in edge.domains.taken} == {first.id}


async def test_a_clock_that_is_set_is_followed(edge: World):
    skew = 0.0
    async with an_edge(edge, lambda: time.time() + skew) as client:
        for each in (0.0, -5.0, 3_600.0, 0.0):
            skew = each
            said = await client.call("POST", "/carts/add", LINE)
            assert said.status == 200, (each, said.raw)
            assert abs((await client.call("GET", "/health/ready")).json["clock_skew_ms"] + each * 1000) < 2_000


async def test_with_a_clock_that_is_far_off_the_edge_is_not_ready(edge: World):
    async with an_edge(edge, lambda: time.time() - MOST_SECONDS - 10) as client:
        assert (await client.call("GET", "/health/ready")).json["clock_skew_ms"] is None
        assert (await client.call("POST", "/carts/add", LINE)).status == 200
        said = await client.call("GET", "/health/ready")
        assert (said.status, said.json["clock"], said.json["lacks"]) == (503, False, ["clock"])


def test_narrow_acknowledgements_count_and_wide_ones_do_not_spoil_them():
    now = 100.0
    clock = BrokerClock(lambda: now)
    assert (clock.skew, clock.ms()) == (None, 100_000)
    clock.heard(98.0, 101_500)  # between 1.5 and 3.5 s ahead
    assert clock.skew == pytest.approx(2.5, abs=0.01)
    now = 100.01
    clock.heard(100.0, 102_105)  # 2.1 s
    assert clock.skew == pytest.approx(2.1, abs=0.01)
    now = 102.0
    clock.heard(100.1, 103_000)
    assert clock.skew == pytest.approx(2.1, abs=0.01)
    assert clock.ms() == pytest.approx(104_100, abs=10)
    clock.heard(103.0, 103_000)  # sent after it was heard: our clock was set back
    assert clock.skew == pytest.approx(2.1, abs=0.01)
