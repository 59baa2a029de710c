"""Restaurants are shown with whether they are open at this moment."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from http_edge.web.browse import open_now
from http_edge.web.browse.open_now import with_open_now
from tests.http_edge.conftest import World
from tests.http_edge.documents import stored
from topics import keys

NIGHTS = {"fri": "22:00-02:00"}


def document(**more: Any) -> bytes:
    said = {"id": "r", "status": "open", "opening_hours": {}, "time_zone": "Europe/Istanbul", **more}
    return json.dumps(said).encode()


def is_open(at: str, **more: Any) -> bool:
    moment = datetime.fromisoformat(at).astimezone(UTC).timestamp()
    return json.loads(with_open_now(document(**more), moment))["open_now"]


@pytest.mark.parametrize(
    ("at", "opening_hours", "expected"),
    [
        ("2026-11-27T22:00+03:00", NIGHTS, True), ("2026-11-27T21:59+03:00", NIGHTS, False),
        ("2026-11-28T01:30+03:00", NIGHTS, True), ("2026-11-28T02:00+03:00", NIGHTS, False),
        ("2026-11-28T03:00+03:00", {}, True),
    ],
)  # fmt: skip
def test_a_restaurant_is_open_within_its_hours_only(at: str, opening_hours: dict[str, str], expected: bool):
    assert is_open(at, opening_hours=opening_hours) is expected


def test_the_hours_are_meant_in_the_restaurants_zone():
    assert is_open("2026-11-27T22:30+00:00", opening_hours=NIGHTS, time_zone="Europe/London")
    assert not is_open("2026-11-27T20:30+00:00", opening_hours=NIGHTS, time_zone="Europe/London")
    assert is_open("2026-11-27T20:30+00:00", opening_hours=NIGHTS)


def test_who_has_closed_is_closed_at_all_hours():
    assert not is_open("2026-11-27T12:00+03:00", status="closed")


def test_days_off_and_breaks_close_until_they_are_over():
    off = {"opening_hours": NIGHTS, "days_off": [{"day": "2026-11-27", "reason": ""}]}
    assert not is_open("2026-11-27T22:00+03:00", **off) and not is_open("2026-11-28T01:30+03:00", **off)
    assert is_open("2026-12-04T22:00+03:00", **off)
    assert not is_open("2026-11-27T12:00+03:00", days_off=off["days_off"])
    assert is_open("2026-11-28T00:00+03:00", days_off=off["days_off"])
    for hours in ({}, NIGHTS):
        paused = {"opening_hours": hours, "pause": {"until": "2026-11-27T20:00:00Z", "reason": ""}}
        assert not is_open("2026-11-27T22:59+03:00", **paused)
        assert is_open("2026-11-27T23:00+03:00", **paused)


def test_hours_from_before_they_were_checked_close_nobody():
    assert is_open("2026-11-27T12:00+03:00", opening_hours={"fri": "11:00-11:00"})
    assert not is_open("2026-11-28T12:00+03:00", opening_hours={"fri": "11:00-11:00"})


def test_a_document_from_before_there_were_zones_is_read():
    old = b'{"id":"r","status":"open","opening_hours":{"fri":"22:00-02:00"}}'
    moment = datetime(2026, 11, 27, 20, 30, tzinfo=UTC).timestamp()
    assert json.loads(with_open_now(old, moment))["open_now"] is True


def test_the_hours_of_a_document_are_read_once(monkeypatch: pytest.MonkeyPatch):
    """A list shows the same documents again and again; to read the hours of a hundred takes some milliseconds each time."""
    read = list[bytes]()

    def reads(said: bytes) -> open_now.Said:
        read.append(said)
        return msgspec.json.decode(said, type=open_now.Said)

    monkeypatch.setattr(open_now, "said_of", reads)
    documents = [document(id=str(uuid.uuid4()), opening_hours=NIGHTS) for _ in range(100)]
    for at in (0.0, 1.0):
        for each in documents:
            with_open_now(each, at)
    assert read == documents


async def test_one_and_all_restaurants_say_whether_they_are_open(edge: World):
    opened, closed = str(uuid.uuid4()), str(uuid.uuid4())
    for each, status in ((opened, "open"), (closed, "closed")):
        body = json.loads(document(id=each, status=status))
        await edge.redis.set(keys.document("restaurant", each), stored(1, body))
        await edge.redis.zadd(keys.index("restaurant", "restaurants"), {each: 1.0})
    listed = {each["id"]: each["open_now"] for each in (await edge.client().call("GET", "/restaurants")).json}
    assert (listed[opened], listed[closed]) == (True, False)
    for each in (opened, closed):
        assert (await edge.client().call("GET", f"/restaurants/{each}")).json["open_now"] is listed[each]
