"""What a client would rather have, by its headers: language, compression, and the answer that it has already."""

import asyncio
import gzip

import cramjam
import pytest

from http_edge.wire import etags
from http_edge.wire.answer import Answer
from http_edge.wire.compression import AT_ONCE_BYTES, LEAST_BYTES, MOST_WAITING, Compression, coding_of
from http_edge.wire.preferences import language_of, language_said, weights

TEXT = b"Lahmacun, ayran, salata. " * 4000


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("gzip", {"gzip": 1.0}), ("GZIP ; Q=0.5, zstd", {"gzip": 0.5, "zstd": 1.0}), ("", {}), (",,;q=1", {}),
        ("gzip;q=2, br;q=0.1234, zstd;q=x, deflate;q=1.001", {}), ("a;q=0.01,b;q=1.000,c;q=0", {"a": 0.01, "b": 1.0, "c": 0.0}),
    ],
)  # fmt: skip
def test_values_have_their_weight_and_what_has_none_is_left_out(header: str, found: dict[str, float]):
    assert weights(header) == found


def test_of_very_many_values_the_first_ones_count():
    assert len(weights(",".join(f"c{number}" for number in range(10_000)))) == 20


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "tr"), ("", "tr"), ("en", "en"), ("en-GB,tr;q=0.5", "en"), ("tr-TR, en;q=0.9", "tr"), ("de, fr", "tr"),
        ("de, en;q=0.1", "en"), ("*", "tr"), ("tr;q=0, *", "en"), ("en;q=0", "tr"), ("entirely", "tr"), ("\xfc", "tr"),
    ],
)  # fmt: skip
def test_the_language_is_the_one_that_is_liked_most(header: str | None, language: str):
    assert language_of(header) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, None), ("", None), ("*", None), ("de, *;q=0.5", None), ("en;q=0", None), ("en;q=0, tr;q=0", None),
        ("tr-TR", "tr"), ("TR-tr;Q=0.3", "tr"), ("tr-Latn-TR, en;q=1", "tr"), ("en;q=0.5, tr;q=0.4", "en"),
        ("en;q=0.4, en-GB;q=0.9, tr;q=0.5", "en"), ("en;q=0.5, *", "tr"), ("en;q=0, *", "tr"), ("en;q=2", None),
        ("trk, eng", None), ("en_US", None), (",;,", None), ("\x00tr", None), ("d" * 8000 + ", en", "en"),
        (", ".join(["de"] * 20 + ["en"]), None), (", ".join(["de"] * 19 + ["en"]), "en"),
    ],
)  # fmt: skip
def test_a_language_is_said_where_one_of_ours_is_named_among_the_first(header: str | None, language: str | None):
    assert language_said(header) == language


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        (None, None), ("", None), ("gzip", "gzip"), ("zstd", "zstd"), ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, zstd;q=0.9", "gzip"), ("br", None), ("*", "zstd"), ("*;q=0", None), ("zstd;q=0, *", "gzip"),
        ("identity", None), ("identity, gzip;q=0.5", None), ("identity;q=0.2, gzip;q=0.5", "gzip"), ("identity;q=0", None),
    ],
)  # fmt: skip
def test_the_compression_is_the_one_that_is_liked_most(header: str | None, coding: str | None):
    assert coding_of(header) == coding


@pytest.mark.parametrize(
    ("sent", "same"),
    [
        ("", False), ("*", True), ('W/"a"', True), ('"a"', True), ('"b", W/"a"', True), ('W/"b"', False), ("a", False),
        ('W/"ab"', False), (",".join(['"b"'] * 60 + ['"a"']), False),
    ],
)  # fmt: skip
def test_a_tag_is_compared_weakly_and_of_many_the_first_ones_count(sent: str, same: bool):
    assert etags.matches(sent, 'W/"a"') is same


def test_a_tag_tells_parts_apart():
    assert etags.of(("a", "b")) == etags.of(["a", "b"]) != etags.of(("a\x00b",))


async def compressed(size: int, accepted: str) -> Answer:
    compression = Compression()
    try:
        return await compression.compressed(Answer(TEXT[:size], headers={"ETag": "x"}), accepted)
    finally:
        compression.close()


@pytest.mark.parametrize("size", [LEAST_BYTES, AT_ONCE_BYTES, len(TEXT)])
async def test_what_is_compressed_is_the_same_again(size: int):
    zstd, gz = await compressed(size, "zstd"), await compressed(size, "gzip")
    assert bytes(cramjam.zstd.decompress(zstd.body)) == gzip.decompress(gz.body) == TEXT[:size]
    assert len(zstd.body) < size / 2 and len(gz.body) < size / 2
    assert zstd.headers == {"Vary": "Accept-Encoding", "ETag": "x", "Content-Encoding": "zstd"}


async def test_small_answers_and_those_for_clients_that_take_nothing_go_out_as_they_are():
    small, plain = await compressed(LEAST_BYTES - 1, "gzip"), await compressed(LEAST_BYTES, "br")
    assert (small.body, small.headers) == (TEXT[: LEAST_BYTES - 1], {"ETag": "x"})
    assert (plain.body, plain.headers) == (TEXT[:LEAST_BYTES], {"Vary": "Accept-Encoding", "ETag": "x"})


async def test_where_too_many_wait_to_be_compressed_answers_go_out_as_they_are():
    compression = Compression()
    answers = await asyncio.gather(*(compression.compressed(Answer(TEXT), "gzip") for _ in range(MOST_WAITING + 3)))
    compression.close()
    assert sum(answer.body == TEXT for answer in answers) == compression.skipped == 3
