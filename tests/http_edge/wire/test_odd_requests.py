"""Requests that are odd on the wire: the client's fault is the client's, and never a 500."""

import json
import uuid

import pytest

from http_edge.routing.routes import BODY_BYTES
from tests.deadline import until, within
from tests.http_edge.conftest import World
from tests.http_edge.wire.test_connections import connected, ended, request

LINE = json.dumps({"meal_id": "m-1", "quantity": 1}).encode()
JSON = "Content-Type: application/json"
CONTINUE = "Expect: 100-continue"
NUMBERS = ["1e999", "-1e999", "9" * 400, "9" * 5_000, "1e-999", "0." + "1" * 5_000, "-0", "NaN"]
OTHERS = ["[" * 900 + "]" * 900, "[" * 90_000, '"\\ud800"', '"\\u0000"', '{"\\udfff":1}', "null", "true", "[]", "{}"]


def ours(status: int) -> bool:
    """A failure of ours. 503 is none: the answer is late."""
    return status >= 500 and status != 503


@pytest.mark.parametrize("user_id", [*NUMBERS, *OTHERS], ids=lambda text: text[:12])
@pytest.mark.parametrize("path", ["/auth/login", "/carts/add"])
async def test_no_user_id_is_a_failure_of_ours(edge: World, path: str, user_id: str):
    known = '"email":"a@b.co","password":"long enough","meal_id":"m-1","quantity":1'
    for user in (None, str(uuid.uuid4())):
        said = await edge.client(user).call("POST", path, raw=f'{{{known},"user_id":{user_id}}}'.encode())
        assert not ours(said.status), said.raw


@pytest.mark.parametrize(
    "path",
    [
        b"/restaurants/\xff", b"/discounts/\xff/check", b"/favorites/cuisine/\xff", b"/favorites/cuisine/%ED%A0%80",
        b"/restaurants/search?query=\xff", b"/restaurants/search?city=\xed\xa0\x80", b"/carts/get?user_id=\xff",
        b"/restaurants/search?lat=1e999&lon=1", b"/restaurants/search?max_delivery=1e999", b"/campaigns?restaurant_id=\xff",
        b"/restaurants/search?page=" + b"9" * 400, b"/carts/anonymous/\xff", b"/operations/\xff", b"*", b"http://\xff/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", [b"GET", b"DELETE", b"OPTIONS"])
async def test_no_path_is_a_failure_of_ours(edge: World, method: bytes, path: bytes):
    head = request(edge, str(uuid.uuid4()), "@", "Connection: close", "Content-Length: 0")
    async with connected(edge) as (reader, writer):
        writer.write(head.replace(b"GET @", method + b" " + path))
        said = await ended(reader)
    assert said.startswith(b"HTTP/1.1 "), said
    assert not ours(int(said[9:12])), said


@pytest.mark.parametrize(
    "name",
    ["Origin", "Idempotency-Key", "Last-Event-ID", "X-Correlation-Id", "traceparent", "Content-Encoding", "Expect"],
)
@pytest.mark.parametrize("value", [b"\xff", b"\xed\xa0\x80", b"a" * 15_000, b"", b"1e999"], ids=repr)
async def test_no_header_is_a_failure_of_ours(edge: World, name: str, value: bytes):
    head = request(edge, str(uuid.uuid4()), "/carts/add", JSON, f"Content-Length: {len(LINE)}", method="POST")
    async with connected(edge) as (reader, writer):
        writer.write(head[:-2] + name.encode() + b": " + value + b"\r\nConnection: close\r\n\r\n" + LINE)
        said = await ended(reader)
    assert said.startswith(b"HTTP/1.1 "), said
    assert not ours(int(said[9:12])), said


async def test_a_hang_up_within_a_body_is_the_clients(edge: World, capsys: pytest.CaptureFixture[str]):
    edge.log.clear()
    async with connected(edge) as (_, writer):
        head = request(edge, str(uuid.uuid4()), "/carts/add", JSON, "Content-Length: 100", method="POST")
        writer.write(head[:-2] + b"X-Correlation-Id: hangs-up-1\r\n\r\n" + LINE)
        await writer.drain()

        async def asked() -> bool:
            return any(each.current_request for each in _connections(edge))

        await until("the request to be read", asked)
        writer.close()

    async def logged() -> bytes:
        return next((line for line in b"".join(edge.log).splitlines() if b"hangs-up-1" in line), b"")

    line = json.loads(await until("its line in the log", logged))
    assert (line["status"], line["level"]) == (400, "info")
    assert "unhandled" not in capsys.readouterr().err


def _connections(edge: World) -> list["_Seen"]:
    return [_Seen(each) for each in edge.edge.connections._of]  # type: ignore[attr-defined]


class _Seen:
    def __init__(self, connection: object) -> None:
        self.current_request = getattr(connection, "_current_request", None)


async def test_a_body_is_sent_once_100_continue_is_heard(edge: World):
    head = request(edge, str(uuid.uuid4()), "/carts/add", JSON, f"Content-Length: {len(LINE)}", CONTINUE, method="POST")
    async with connected(edge) as (reader, writer):
        for _ in range(2):
            writer.write(head)
            said = await within("100 Continue", reader.readuntil(b"\r\n\r\n"))
            assert said == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(LINE)
            said = await within("the answer", reader.readuntil(b"\r\n\r\n"))
            assert said.startswith(b"HTTP/1.1 200 ") and b"Connection: close" not in said
            length = int(said.partition(b"Content-Length: ")[2].partition(b"\r")[0])
            await within("its body", reader.readexactly(length))


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ((f"Content-Length: {BODY_BYTES + 1}", CONTINUE, JSON), b"413"),
        (("Content-Length: 10", CONTINUE, "Content-Encoding: gzip"), b"415"),
        (("Content-Length: 10", "Expect: a-miracle", JSON), b"417"),
        (("Content-Length: 10", CONTINUE, "Idempotency-Key: " + "k" * 256, JSON), b"400"),
    ],
)
async def test_who_is_refused_need_not_send_a_body_and_the_connection_ends(
    edge: World, lines: tuple[str, ...], status: bytes
):
    async with connected(edge) as (reader, writer):
        writer.write(request(edge, str(uuid.uuid4()), "/carts/add", *lines, method="POST"))
        said = await ended(reader)
    assert said.startswith(b"HTTP/1.1 " + status), said
    assert b"Connection: close\r\n" in said and b"100 Continue" not in said


async def test_a_body_that_comes_with_its_head_needs_no_100_continue(edge: World):
    lines = (JSON, f"Content-Length: {len(LINE)}", CONTINUE, "Connection: close")
    async with connected(edge) as (reader, writer):
        writer.write(request(edge, str(uuid.uuid4()), "/carts/add", *lines, method="POST") + LINE)
        assert (await ended(reader)).startswith(b"HTTP/1.1 200 ")


async def test_a_client_of_http_1_0_is_told_nothing_before_its_answer(edge: World):
    lines = (JSON, f"Content-Length: {len(LINE)}", CONTINUE)
    head = request(edge, str(uuid.uuid4()), "/carts/add", *lines, method="POST").replace(b"HTTP/1.1", b"HTTP/1.0")
    async with connected(edge) as (reader, writer):
        writer.write(head)
        writer.write(LINE)
        assert (await ended(reader)).startswith(b"HTTP/1.1 200 ")
