"""The file in a form, and parts of a body: pure."""

import itertools
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from http_edge.wire.multipart import MOST_HEAD, MOST_PARTS, boundary_of, file_of
from http_edge.wire.problems import Problem
from http_edge.wire.ranges import NotThere, Part, part_of

B = "----lezzet"


def part(content: bytes, name: str = "file", more: str = '; filename="a.jpg"', line: str = "\r\n") -> bytes:
    head = f'--{B}{line}Content-Disposition: form-data; name="{name}"{more}{line}Content-Type: image/jpeg{line}{line}'
    return head.encode() + content + line.encode()


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{B}--\r\n".encode()


async def pieces(body: bytes, size: int) -> AsyncGenerator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def taken(body: bytes, size: int = 7) -> bytes:
    return b"".join([piece async for piece in file_of(pieces(body, size), B.encode())])


@settings(max_examples=150, deadline=None)
@given(
    content=st.binary(max_size=200)
    | st.lists(st.sampled_from([b"\r\n", b"--", B.encode(), b"\r", b"x"])).map(b"".join),
    size=st.integers(1, 60),
)
async def test_the_file_comes_whole_however_the_body_is_cut(content: bytes, size: int) -> None:
    if f"\r\n--{B}".encode() in b"\r\n" + content:
        return  # a client chooses a boundary that is not in its file
    assert await taken(form(part(b"a note", "note", ""), part(content), part(b"more", "other")), size) == content


async def test_what_is_behind_the_file_is_not_read() -> None:
    read = list[int]()

    async def counted() -> AsyncGenerator[bytes]:
        for number in itertools.count():
            read.append(number)
            yield form(part(b"x")) if number == 0 else b"y" * 1000

    assert b"".join([piece async for piece in file_of(counted(), B.encode())]) == b"x"
    assert read == [0]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"x", 400), (b"--other\r\n" + part(b"x"), 400), (f"--{B}--\r\n".encode(), 422),
        (form(part(b"x", "photo")), 422), (form(*(part(b"x", f"n{n}") for n in range(MOST_PARTS + 1))), 422),
        (part(b"x")[:-2], 400), (part(b"x"), 400), (part(b"x")[:30], 400), (form(part(b"x", line="\n")), 400),
        (f"--{B}\r\n".encode() + b"a" * (2 * MOST_HEAD), 400), (f"--{B}x\r\n".encode() + bytes(50), 400),
        (f"--{B}\r\n\r\nx\r\n--{B}--\r\n".encode(), 422),
    ],
)  # fmt: skip
async def test_a_broken_form_is_a_4xx(body: bytes, status: int) -> None:
    for size in (1, 5, 100_000):
        with pytest.raises(Problem) as raised:
            await taken(body, size)
        assert raised.value.status == status and raised.value.errors


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=abc", b"abc"), ('Multipart/Form-Data; charset=utf-8; boundary="a b"', b"a b"),
        ("multipart/form-data;boundary=abc; x=y", b"abc"), ("image/jpeg", None), ("", None),
        ("multipart/mixed; boundary=abc", None),
    ],
)  # fmt: skip
def test_a_form_is_told_by_its_type(content_type: str, boundary: bytes | None) -> None:
    assert boundary_of(content_type) == boundary


@pytest.mark.parametrize(
    "said",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        f"multipart/form-data; boundary={'a' * 71}",
        "multipart/form-data; boundary=\udcff",
    ],
)
def test_a_form_without_a_boundary_is_a_400(said: str) -> None:
    with pytest.raises(Problem) as raised:
        boundary_of(said)
    assert raised.value.status == 400


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None), ("bytes=0-9", Part(0, 10)), ("bytes=5-", Part(5, 100)), ("bytes=-10", Part(90, 100)),
        ("bytes=90-200", Part(90, 100)), ("bytes=-1000", Part(0, 100)), ("Bytes = 0-0 ", Part(0, 1)),
        ("bytes=9-5", None), ("bytes=0-1,5-6", None), ("lines=0-1", None), ("bytes=a-b", None), ("bytes=-", None),
        ("bytes=0-" + "9" * 30, None), ("", None), ("bytes=٣-٥", None),
    ],
)  # fmt: skip
def test_a_part_of_a_body(header: str | None, part: Part | None) -> None:
    assert part_of(header, 100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=999999999-"])
def test_a_part_that_is_not_there(header: str) -> None:
    with pytest.raises(NotThere):
        part_of(header, 100)
