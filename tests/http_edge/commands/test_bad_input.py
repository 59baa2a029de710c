"""Whatever a client sends that is not right is a 4xx that names the field, on every route."""

import json
import uuid
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest

from http_edge.routing.routes import AnyRow, CommandRow, Nothing
from tests.http_edge.conftest import World
from tests.http_edge.requests import BODIES, ROUTES, path_of

WITH_BODY = [row for row in ROUTES if row.takes is not Nothing]
EVERY_BODY = pytest.mark.parametrize("row", WITH_BODY, ids=lambda row: row.name)
# Answers that hold tokens are sealed: test_commands opens one.
PLAIN = [row for row in WITH_BODY if isinstance(row, CommandRow) and not row.tokens]
EVERY_PLAIN_BODY = pytest.mark.parametrize("row", PLAIN, ids=lambda row: row.name)

MAX_BYTES = max(row.body_bytes for row in ROUTES)

BROKEN: dict[str, tuple[bytes, tuple[int, ...]]] = {
    "empty": (b"", (400,)),
    "no json": (b"{", (400,)),
    "two values": (b"{}{}", (400, 422)),
    "an array": (b"[]", (422,)),
    "null": (b"null", (422,)),
    "a number": (b"1", (422,)),
    "invalid UTF-8": (b'{"email":"\xff","meal_id":"\xff","name":"\xff","token":"\xff"}', (400, 422)),
    "infinite": (b'{"x":1e999}', (400,)),
    "minus infinite": (b'{"x":[-1e999]}', (400,)),
    "digits without end": (b'{"x":' + b"9" * 5_000 + b"}", (400,)),
    "NaN": (b'{"x":NaN}', (400, 422)),
    "deep": (b'{"x":' + b"[" * 7_000 + b"]" * 7_000 + b"}", (400, 422)),
    "deep and open": (b'{"x":' * 3_000, (400, 422)),
    "lone surrogate": (b'{"x":"\\ud800"}', (400, 422)),
    "byte order mark": (b"\xef\xbb\xbf{}", (400,)),
    "too large": (b" " * (MAX_BYTES + 1), (413,)),
}


@EVERY_BODY
@pytest.mark.parametrize("what", BROKEN)
async def test_a_broken_body_is_refused(edge: World, row: AnyRow, what: str):
    raw, statuses = BROKEN[what]
    said = await edge.client(str(uuid.uuid4())).call(row.method, path_of(row), raw=raw)
    assert said.status in statuses, said.raw
    assert said.problem["code"] in ("invalid_input", "body_too_large")
    assert edge.domains.taken == []


def spoiled(row: AnyRow) -> list[tuple[str, Any]]:
    """(field, body): the good body with one field wrong, one after the other."""
    good = BODIES[row.name]
    wrong = [(name, good | {name: value}) for name in good for value in ({}, [[]], {"a": "\0"})]
    texts = [(name, good | {name: value + "\0"}) for name, value in good.items() if isinstance(value, str)]
    huge = [(name, good | {name: 10**400}) for name, value in good.items() if isinstance(value, int | float)]
    return [*wrong, *texts, *huge]


@EVERY_BODY
async def test_a_wrong_field_is_named(edge: World, row: AnyRow):
    client = edge.client(str(uuid.uuid4()))
    for field, body in spoiled(row):
        said = await client.call(row.method, path_of(row), body)
        assert said.status in (400, 422), (body, said.raw)
        assert [name.split(".")[0].split("[")[0] for name in said.fields] == [field] or said.fields == ["a"], body
    assert edge.domains.taken == []


@EVERY_BODY
async def test_a_missing_field_is_named(edge: World, row: AnyRow):
    required = [f.encode_name for f in msgspec.structs.fields(row.takes) if f.required]
    for name in required:
        body = {key: value for key, value in BODIES[row.name].items() if key != name}
        said = await edge.client(str(uuid.uuid4())).call(row.method, path_of(row), body)
        assert (said.status, said.fields) == (422, [name])


@EVERY_BODY
async def test_a_name_that_comes_twice_is_refused(edge: World, row: AnyRow):
    name, value = next(iter(BODIES[row.name].items()))
    raw = json.dumps(BODIES[row.name]).encode()[:-1] + f", {json.dumps(name)}: {json.dumps(value)}}}".encode()
    said = await edge.client(str(uuid.uuid4())).call(row.method, path_of(row), raw=raw)
    assert (said.status, said.fields) == (400, [name])


@EVERY_BODY
async def test_only_json_in_utf8_is_taken(edge: World, row: AnyRow):
    client = edge.client(str(uuid.uuid4()))
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"):
        said = await client.call(row.method, path_of(row), BODIES[row.name], Content_Type=kind)
        assert (said.status, said.problem["code"]) == (415, "unsupported_media_type")
    said = await client.call(row.method, path_of(row), BODIES[row.name], Content_Encoding="gzip")
    assert said.status == 415


@EVERY_PLAIN_BODY
async def test_unknown_fields_are_ignored(edge: World, row: AnyRow):
    assert isinstance(row, CommandRow)
    said = await edge.client(str(uuid.uuid4())).call(
        row.method,
        path_of(row),
        BODIES[row.name] | {"new_in_2031": [1]},
        Content_Type="application/json; charset=UTF-8",
    )
    assert said.status == row.success, said.raw


async def test_a_chunked_body_without_end_is_refused(edge: World):
    async def chunks() -> AsyncGenerator[bytes]:
        for _ in range(64):
            yield b" " * 8192

    said = await edge.client(str(uuid.uuid4())).call("POST", "/carts/add", raw=chunks())
    assert said.status == 413


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/restaurants/%zz", 400), ("/restaurants/%ff", 400), ("/restaurants/a%00b", 400), ("/restaurants/%20", 404),
        ("/restaurants/a%2Fb", 404), ("/restaurants/" + "a" * 65, 404), ("/restaurants/..%2f..%2fetc", 404),
        ("/meals/restaurant/'; drop table", 404), ("/nowhere", 404), ("//restaurants", 404), ("/restaurants//", 404),
        ("/restaurants?x=%", 400), ("/restaurants?a=1&a=2", 400), ("/restaurants?a=%ff", 400),
    ],
)  # fmt: skip
async def test_a_bad_path_or_query_is_refused(edge: World, path: str, status: int):
    said = await edge.client().call("GET", path.replace(" ", "%20"))
    assert said.status == status
    assert said.problem


@pytest.mark.parametrize("row", [row for row in ROUTES if row.parameters], ids=lambda row: row.name)
async def test_an_impossible_id_names_its_field(edge: World, row: AnyRow):
    name = row.parameters[0]
    said = await edge.client(str(uuid.uuid4())).call(
        row.method, row.path.replace(f"{{{name}}}", "%20"), BODIES.get(row.name)
    )
    assert (said.status, said.fields) == (404, [name])


@pytest.mark.parametrize("row", ROUTES, ids=lambda row: row.name)
async def test_another_method_is_405_and_says_which(edge: World, row: AnyRow):
    said = await edge.client().call("TRACE", path_of(row))
    assert said.status == 405
    assert row.method in said.headers["Allow"].split(", ")


@pytest.mark.parametrize("row", ROUTES, ids=lambda row: row.name)
async def test_a_trailing_slash_is_the_same_route(edge: World, row: AnyRow):
    path = path_of(row)
    other = path[:-1] if path.endswith("/") else path + "/"
    first, second = [await edge.client().call(row.method, each, BODIES.get(row.name)) for each in (path, other)]
    assert first.status == second.status


@pytest.mark.parametrize(
    "text", [b"GARBAGE\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
)
async def test_what_is_no_http_is_a_problem_too(edge: World, text: bytes):
    import asyncio

    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    writer.write(text)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400 ") and b"application/problem+json" in answer
