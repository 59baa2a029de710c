"""The load generator asks as its plan says, and counts what it was answered."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from infra.bench.closed_loop import Measured, Plan, Request, Tally, in_own_process, measure

PAUSE = 0.01  # seconds that the server takes to answer


@dataclass
class Server:
    """Answers each request after PAUSE. most: requests at once, of all and of one visitor (its path)."""

    port: int = 0
    status: int = 200
    hangs_up_after: int | None = None
    connections: int = 0
    most: int = 0
    open: Counter[str] = field(default_factory=Counter[str])
    most_of_one: int = 0
    asked: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict[str, list[tuple[str, str, str]]])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                await self._one(reader, writer)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = first.split()
        named = dict(line.split(": ", 1) for line in lines if line)
        body = await reader.readexactly(int(named.get("Content-Length", "0")))
        self.asked.setdefault(path, []).append((method, named.get("Authorization", ""), body.decode()))
        if self.hangs_up_after is not None and sum(map(len, self.asked.values())) > self.hangs_up_after:
            raise asyncio.IncompleteReadError(b"", None)
        self.open[path] += 1
        self.most, self.most_of_one = max(self.most, self.open.total()), max(self.most_of_one, self.open[path])
        await asyncio.sleep(PAUSE)
        self.open[path] -= 1
        # in two parts, as a long answer arrives
        writer.write(b"HTTP/1.1 %d Whatever\r\nContent-Length: 4\r\n\r\n{}" % self.status)
        await writer.drain()
        writer.write(b"  ")


@pytest_asyncio.fixture
async def server() -> AsyncGenerator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    yield made
    listening.close()
    await listening.wait_closed()


def plan(server: Server, connections: int, visitors: int) -> Plan:
    """Each visitor says "a" and "b" in turn, on a path of its own."""
    each = (tuple(Request(f"/{n}", f"token-{n}", body) for body in ("a", "b")) for n in range(visitors))
    return Plan(server.port, connections, 0.3, tuple(each))


async def test_each_connection_has_one_request_out_at_a_time(server: Server):
    found = await measure(plan(server, connections=4, visitors=10))
    assert server.connections == 4
    assert (server.most, server.most_of_one) == (4, 1)
    assert found.requests == sum(map(len, server.asked.values()))
    assert found.failed == 0
    assert found.p99_ms >= found.p50_ms >= PAUSE * 1000
    assert 0 < found.requests_per_s <= 4 / PAUSE * 1.001


async def test_every_visitor_asks_in_turn_and_says_its_own_words_alternately(server: Server):
    await measure(plan(server, connections=2, visitors=5))
    assert sorted(server.asked) == [f"/{n}" for n in range(5)]
    for path, asked in server.asked.items():
        assert [body for _, _, body in asked] == ["a" if number % 2 == 0 else "b" for number in range(len(asked))]
        assert {(method, access) for method, access, _ in asked} == {("POST", f"Bearer token-{path[1:]}")}
    shares = [[len(asked) for path, asked in server.asked.items() if int(path[1:]) % 2 == n] for n in (0, 1)]
    assert all(max(share) - min(share) <= 1 for share in shares), "a connection's visitors are asked equally often"


async def test_one_request_without_body_is_a_get_from_all_connections(server: Server):
    await measure(Plan(server.port, 3, 0.1, ((Request("/carts/get"),),)))
    assert server.most_of_one == 3
    assert set(server.asked["/carts/get"]) == {("GET", "", "")}


async def test_other_answers_than_200_are_counted(server: Server):
    server.status = 503
    found = await measure(plan(server, connections=1, visitors=1))
    assert found.failed == 1.0


async def test_a_lost_connection_is_no_result(server: Server):
    server.hangs_up_after = 3
    with pytest.raises(ConnectionError):
        await measure(plan(server, connections=1, visitors=1))


async def test_the_generator_runs_in_a_process_of_its_own(server: Server):
    found = await in_own_process(plan(server, connections=2, visitors=2))
    assert found.requests == sum(map(len, server.asked.values()))
    assert 0 < found.requests_per_s * 0.3 < found.requests, "those of the warm-up are counted, and not measured"


async def test_a_generator_that_fails_is_said_so(server: Server):
    server.hangs_up_after = 0
    with pytest.raises(RuntimeError, match="ended with 1"):
        await in_own_process(plan(server, connections=1, visitors=1))


def test_a_tally_leaves_the_warm_up_out_and_keeps_what_was_answered_late():
    tally = Tally(since=10.0, until=12.0)
    tally.count(9.0, 9.5, good=False)  # warm-up
    tally.count(9.5, 10.5, good=True)  # sent before, answered within: a request of the measured seconds, no latency
    tally.count(10.5, 11.5, good=True)
    tally.count(11.5, 14.5, good=False)  # the slowest is not forgotten because it was answered after the end
    expected = Measured(requests_per_s=1.0, requests=4, p50_ms=3000.0, p99_ms=3000.0, failed=0.5)
    assert tally.measured() == expected
