"""Whatever a line holds, there is a document that the index takes."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.logs.document import MOST_BYTES, NOT_JSON, TOO_LONG, document
from stores.logs.searching import since_of

NOW = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
LINE = {
    "event": "dead_letter", "level": "warning", "process": "agents", "domain": "basket", "logger": "agents.runtime",
    "timestamp": "2026-03-01T18:29:59.123+00:00", "topic": "basket_commands", "offset": 7, "more": {"a": [1, None]},
}  # fmt: skip


def made(body: bytes) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.json.decode(document(body, NOW))
    return said


def test_a_line_keeps_all_that_it_says() -> None:
    said = made(json.dumps(LINE).encode())
    assert said["@timestamp"] == "2026-03-01T18:29:59.123000Z"
    assert (said["event"], said["level"], said["domain"]) == ("dead_letter", "warning", "basket")
    assert said["fields"] == {"topic": "basket_commands", "offset": "7", "more": '{"a":[1,null]}'}
    assert "basket_commands" in said["text"] and "dead_letter" in said["text"]
    assert said["received"] == "2026-03-01T18:30:00Z"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"null", b"\xff\xfe", b"[" * 100_000, b'"text"'])
def test_what_is_no_log_line_is_kept_as_it_is(body: bytes) -> None:
    said = made(body)
    assert (said["event"], said["level"], said["@timestamp"]) == (NOT_JSON, "warning", "2026-03-01T18:30:00Z")
    assert said["fields"].get("body", "") == body.decode("utf-8", "replace")[:30_000]


def test_of_every_depth_there_is_a_document() -> None:
    """Those just below what the decoder takes are too deep for what looks into them."""
    depths = range(50, 1_200)
    kept = {made(b'{"event":"deep","x":' + b"[" * depth + b"]" * depth + b"}")["event"] for depth in depths}
    assert kept == {"deep", NOT_JSON}


def test_a_line_that_is_too_long_is_cut() -> None:
    said = made(json.dumps({**LINE, "why": "x" * MOST_BYTES}).encode())
    assert (said["event"], len(said["fields"]["body"])) == (TOO_LONG, 30_000)
    assert made(json.dumps({**LINE, "why": "x" * 100_000}).encode())["fields"]["why"] == "x" * 100_000


@pytest.mark.parametrize(
    "time", [None, 7, "", "soon", "9999-99-99", "0001-01-01T00:00:00+14:00", "2999-01-01T00:00:00"]
)
def test_a_line_without_a_time_that_makes_sense_has_that_of_its_arrival(time: Any) -> None:
    assert made(json.dumps({**LINE, "timestamp": time}).encode())["@timestamp"] == "2026-03-01T18:30:00Z"


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text() | st.sampled_from(sorted(LINE)), ANY, max_size=8))
def test_any_object_becomes_a_document_of_texts_and_two_times(line: dict[str, Any]) -> None:
    said = made(json.dumps(line).encode())
    assert set(said) == {"@timestamp", "received", "level", "domain", "process", "logger", "event", "text", "fields"}
    assert all(isinstance(value, str) for name, value in said.items() if name != "fields")
    assert all(isinstance(value, str) and name.strip(". ") for name, value in said["fields"].items())


@given(st.binary())
def test_any_bytes_become_a_document(body: bytes) -> None:
    assert made(body)["@timestamp"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("10m", "2026-03-01T18:20:00+00:00"),
        ("90s", "2026-03-01T18:28:30+00:00"),
        ("2h", "2026-03-01T16:30:00+00:00"),
        ("3d", "2026-02-26T18:30:00+00:00"),
        ("2026-02-01", "2026-02-01T00:00:00+00:00"),
        ("2026-02-01T10:00", "2026-02-01T10:00:00+00:00"),
        ("2026-02-01T10:00+03:00", "2026-02-01T10:00:00+03:00"),
        ("", None),
        ("10", None),
        ("10x", None),
        ("999999d", None),
        ("yesterday", None),
    ],
)
def test_a_time_is_an_age_or_a_date(said: str, expected: str | None) -> None:
    found = since_of(said, NOW)
    assert (found and found.isoformat()) == expected
