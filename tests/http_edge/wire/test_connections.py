"""What one client can use up at the edge's connections is bounded, and others are served meanwhile."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any

import pytest

from http_edge.wire import connection as one
from http_edge.wire import connections as all_of_them
from http_edge.wire.connections import Bounds, Connections, Why
from tests.deadline import until, within
from tests.http_edge.conftest import World
from topics import keys

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connected(edge: World) -> AsyncGenerator[Pair]:
    """limit: what this side reads ahead by itself is little."""
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port, limit=1024)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def request(edge: World, user: str, path: str, *lines: str, method: str = "GET") -> bytes:
    token = edge.client(user).token
    said = (f"{method} {path} HTTP/1.1", "Host: edge", f"Authorization: Bearer {token}", *lines)
    return "\r\n".join((*said, "", "")).encode()


async def profile(edge: World, size: int) -> str:
    """A user whose profile has so many bytes."""
    user = str(uuid.uuid4())
    await edge.redis.set(keys.document("user", user), b'1\n{"id":"%b"}' % (b"x" * size))
    return user


async def ended(reader: asyncio.StreamReader) -> bytes:
    """All until the edge ends the connection."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while data := await within("the end of the connection", reader.read(1 << 20)):
            found += data
    return found


def cuts(edge: World, why: Why) -> int:
    return edge.edge.connections.cut[why]


async def until_cut(edge: World, why: Why, before: int) -> None:
    async def cut() -> bool:
        return cuts(edge, why) > before

    await until(f"a connection to be cut off as {why}", cut)


@pytest.mark.parametrize("size", [50_000, 4_000_000], ids=["small answers", "large answers"])
async def test_who_does_not_read_is_cut_off_and_holds_no_more_than_one_answer(
    edge: World, monkeypatch: pytest.MonkeyPatch, size: int
):
    monkeypatch.setattr(one, "WRITE_SECONDS", 0.5)
    user, before = await profile(edge, size), cuts(edge, "unread")
    owed = list[int]()
    async with connected(edge) as (_, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(request(edge, user, "/users/me") * 200)

        async def cut() -> bool:
            (held,) = [each for each in _open(edge) if each.pipelines] or [None]
            owed.append(0 if held is None or held.transport is None else held.transport.get_write_buffer_size())
            return cuts(edge, "unread") > before

        await until("it to be cut off", cut)
    assert max(owed) <= 2 * 65_536 + min(size, 65_536)
    assert edge.edge.connections.owed == 0


def _open(edge: World) -> list[Any]:
    return list(edge.edge.connections._of)  # type: ignore[attr-defined]


async def test_a_slow_reader_gets_the_whole_of_a_large_answer(edge: World):
    user = await profile(edge, 3_000_000)
    async with connected(edge) as (reader, writer):
        writer.write(request(edge, user, "/users/me", "Connection: close"))
        _, _, body = (await ended(reader)).partition(b"\r\n\r\n")
    assert json.loads(body)["id"] == "x" * 3_000_000


async def test_an_answer_for_which_there_is_no_room_is_503(edge: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(all_of_them, "MOST_OWED", 1_000_000)
    user = await profile(edge, 12_000_000)
    async with connected(edge) as (_, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(request(edge, user, "/users/me"))

        async def owed() -> bool:
            return edge.edge.connections.owed > 1_000_000

        await until("the answer to wait", owed)
        monkeypatch.setattr(all_of_them, "STALLED_SECONDS", 3_600.0)
        said = await edge.client(user).call("GET", "/users/me")
        assert (said.status, said.problem["code"]) == (503, "too_much_unread")
        monkeypatch.setattr(all_of_them, "STALLED_SECONDS", 0.0)
        before = cuts(edge, "unread")
        assert (await edge.client(user).call("GET", "/users/me")).status == 200, "who takes nothing gives way"
        assert cuts(edge, "unread") == before + 1


@pytest.mark.parametrize("begun", [b"", b"GET /health/live HTTP/1.1\r\nHost: e"], ids=["nothing", "half a head"])
async def test_who_does_not_ask_in_time_is_cut_off(edge: World, monkeypatch: pytest.MonkeyPatch, begun: bytes):
    monkeypatch.setattr(all_of_them, "FIRST_SECONDS", 0.2)
    before = cuts(edge, "silent")
    async with connected(edge) as (reader, writer):
        writer.write(begun)
        assert await ended(reader) == b""
    assert cuts(edge, "silent") == before + 1


async def test_half_a_second_head_is_cut_off_as_soon_as_a_first_one(edge: World, monkeypatch: pytest.MonkeyPatch):
    async with connected(edge) as (reader, writer):
        writer.write(request(edge, "u", "/health/live"))
        await within("the answer", reader.readuntil(b'{"live":true}'))
        monkeypatch.setattr(all_of_them, "FIRST_SECONDS", 0.2)
        before = cuts(edge, "silent")
        writer.write(b"GET /heal")
        assert await ended(reader) == b""
    assert cuts(edge, "silent") == before + 1


async def test_a_head_of_megabytes_is_cut_off(edge: World):
    before = cuts(edge, "large_head")
    async with connected(edge) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\n" + b"".join(b"x-%d: %b\r\n" % (n, b"a" * 15_000) for n in range(60)))
        await ended(reader)
    await until_cut(edge, "large_head", before)


async def test_a_pipeline_is_answered_in_order(edge: World):
    paths = ["/health/live", "/nowhere", "/auth/health"] * 30
    async with connected(edge) as (reader, writer):
        for path in paths:
            writer.write(request(edge, "u", path))
        writer.write(request(edge, "u", "/health/live", "Connection: close"))
        said = await ended(reader)
    statuses = [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [404 if path == "/nowhere" else 200 for path in paths] + [200]


async def _one_turn() -> None:
    """Of the loop, which is the edge's as well."""
    await asyncio.sleep(0)


def _pipelines(edge: World) -> bool:
    return any(each.pipelines for each in _open(edge))


async def test_between_two_answers_of_a_pipeline_others_have_their_turn(edge: World):
    count, turns = 30, 0
    async with connected(edge) as (reader, writer):
        writer.write(request(edge, "u", "/nowhere") * count)
        while not _pipelines(edge):
            await _one_turn()
        while _pipelines(edge):
            await _one_turn()
            turns += 1
        writer.write(request(edge, "u", "/health/live", "Connection: close"))
        assert (await within("the answers", ended(reader))).count(b"HTTP/1.1 404 ") == count
    assert turns >= count - 2


async def test_bodies_behind_bodies_are_read(edge: World):
    line = json.dumps({"meal_id": "m-1", "quantity": 1, "note": "n" * 400, "unknown": "x" * 14_000}).encode()
    lines = ("Content-Type: application/json", f"Content-Length: {len(line)}")
    one_of_them = request(edge, str(uuid.uuid4()), "/carts/add", *lines, method="POST") + line
    async with connected(edge) as (reader, writer):
        writer.write(one_of_them * 8 + request(edge, "u", "/health/live", "Connection: close"))
        said = await ended(reader)
    assert said.count(b"HTTP/1.1 200 OK") == 9


async def test_metrics_tell_who_was_refused_and_cut_off(edge: World):
    edge.edge.connections.refused["address"] += 1
    edge.edge.connections.cut["silent"] += 1
    said = (await edge.client().call("GET", "/metrics")).raw.decode()
    for line in (
        "lezzet_edge_connections_open ",
        "lezzet_edge_bytes_owed 0.0",
        'lezzet_edge_connections_refused_total{bound="address"}',
        'lezzet_edge_connections_cut_total{why="silent"}',
    ):
        assert line in said


class Guest:
    def __init__(self) -> None:
        self.out = False

    def cut_off(self) -> None:
        self.out = True


def test_where_there_is_no_room_who_has_waited_longest_gives_way():
    now = [0.0]
    connections = Connections(Bounds(total=3, of_address=2), lambda: now[0])
    first, second, third, fourth, fifth = (Guest() for _ in range(5))
    assert connections.enter(first, "192.0.2.1") is None
    assert connections.enter(second, "192.0.2.1") is None
    connections.at_work(first)
    assert connections.enter(third, "192.0.2.1") is None
    assert (first.out, second.out) == (False, True), "the first is at work"
    connections.at_work(third)
    assert connections.enter(fourth, "192.0.2.1") == "address"
    assert connections.enter(fourth, "2001:db8::1") is None
    assert connections.enter(fifth, "2001:db8::ffff") is None, "the total is full, and the fourth waits"
    assert fourth.out
    connections.at_work(fifth)
    assert connections.enter(Guest(), "198.51.100.1") == "total"
    assert dict(connections.refused) == {"address": 1, "total": 1}
    connections.leave(first)
    assert connections.count == 2


def test_idle_ones_give_way_after_those_that_never_asked():
    connections = Connections(Bounds(total=2), lambda: 0.0)
    idle, silent = Guest(), Guest()
    connections.enter(idle, "192.0.2.1")
    connections.at_work(idle)
    connections.waits(idle)
    connections.enter(silent, "192.0.2.2")
    connections.enter(Guest(), "192.0.2.3")
    assert (idle.out, silent.out) == (False, True)


def test_an_address_of_ipv6_is_its_network_and_a_proxy_has_no_bound_of_its_own():
    connections = Connections(Bounds(total=9, of_address=1, trusted=(ip_network("10.0.0.0/8"),)), lambda: 0.0)
    guests = [Guest() for _ in range(6)]
    for guest, address in zip(guests, ["10.1.2.3", "10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1"], strict=False):
        assert connections.enter(guest, address) is None
        connections.at_work(guest)
    assert connections.enter(guests[4], "2001:db8::2") == "address"
    assert connections.enter(guests[5], "2001:db8:0:1::2") is None


def test_a_client_is_an_address_or_a_64_of_ipv6_and_nobody_behind_a_proxy():
    """What a request is bounded by elsewhere, too: paces, turns and uploads get it as `address`."""
    connections = Connections(Bounds(trusted=(ip_network("10.0.0.0/8"),)), lambda: 0.0)
    assert connections.party("192.0.2.1") == connections.party("::ffff:192.0.2.1") == "192.0.2.1"
    assert connections.party("2001:db8::1") == connections.party("2001:db8::2%eth0") == "2001:db8::/64"
    assert connections.party("10.1.2.3") == ""


def test_an_address_that_reads_slowly_keeps_no_large_answer_from_others():
    now = [0.0]
    connections = Connections(Bounds(trusted=(ip_network("10.0.0.0/8"),)), lambda: now[0])
    slow, size = [Guest() for _ in range(16)], 8 * 2**20
    for guest in slow:
        connections.enter(guest, "192.0.2.1")
    assert [connections.owes(guest, size) for guest in slow] == [True] * 2 + [False] * 14
    for turn in range(100):
        now[0] += 0.9
        for guest in slow:
            connections.took(guest)
        honest = Guest()
        connections.enter(honest, f"192.0.2.{turn % 100 + 2}")
        assert connections.owes(honest, size)
        connections.paid(honest)
    now[0] += all_of_them.STALLED_SECONDS + 0.1
    assert connections.owes(slow[2], size), "what it does not take at all gives way to what it asks for now"
    assert [guest.out for guest in slow[:3]] == [True, True, False]
    through_proxy = [Guest() for _ in range(5)]
    for guest in through_proxy:
        connections.enter(guest, "10.1.2.3")
    assert all(connections.owes(guest, size) for guest in through_proxy), "a proxy stands for many"


def test_an_answer_larger_than_an_address_may_owe_is_given_to_who_owes_nothing():
    connections, guests = Connections(Bounds(), lambda: 0.0), [Guest(), Guest()]
    for guest in guests:
        connections.enter(guest, "192.0.2.1")
    assert [connections.owes(guest, all_of_them.MOST_OWED_TO_PARTY + 1) for guest in guests] == [True, False]


def test_everybody_who_leaves_is_forgotten():
    connections = Connections(Bounds(), lambda: 0.0)
    guests = [Guest() for _ in range(4)]
    for number, guest in enumerate(guests):
        connections.enter(guest, f"192.0.2.{number}")
        connections.at_work(guest)
        assert connections.owes(guest, 1_000)
        connections.waits(guest)
    for guest in guests:
        connections.leave(guest)
        connections.leave(guest)
    kept = (connections._of, connections._parties, connections._silent, connections._idle, connections._owing)  # type: ignore[attr-defined]
    assert (connections.count, connections.owed, [len(each) for each in kept]) == (0, 0, [0] * 5)
