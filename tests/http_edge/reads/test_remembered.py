"""Caches of the edge count bytes."""

import uuid

import msgspec

from http_edge.reads import joins
from http_edge.reads.joins import Joiner
from http_edge.routing.routes import Join
from http_edge.web.browse.meals import MEAL
from http_edge.wire.remembered import ENTRY_BYTES, Remembered
from tests.http_edge.conftest import World
from topics import keys


def test_what_was_not_used_for_longest_goes_first():
    known: Remembered[str, str] = Remembered(32 * (ENTRY_BYTES + 10))
    for number in range(32):
        known.keep(str(number), "x", 10)
    assert known.get("0") == "x"
    known.keep("new", "x", 10)
    assert (known.get("0"), known.get("1"), known.get("new")) == ("x", None, "x")
    assert known.bytes == 32 * (ENTRY_BYTES + 10)


def test_what_is_too_large_is_not_kept_and_takes_no_place():
    known: Remembered[str, str] = Remembered(1 << 20)
    known.keep("a", "x", 10)
    known.keep("a", "y", 1 << 20)
    assert (known.get("a"), known.bytes) == (None, 0)


def test_what_is_kept_anew_counts_once():
    known: Remembered[str, str] = Remembered(1 << 20)
    for size in (10, 20, 30):
        known.keep("a", "x", size)
    assert known.bytes == ENTRY_BYTES + 30
    known.forget("a")
    known.forget("a")
    assert known.bytes == 0


async def test_documents_with_others_are_remembered_up_to_their_bytes(edge: World):
    """A basket of 1.6 MB cost 8.5 MB, and 5,000 of any size were kept."""
    join = Join(view=MEAL, names=lambda document: ["meal"], merge=lambda document, meals: document * 4)
    joiner, meal = Joiner(join), b"1\n" + msgspec.json.encode({"id": "meal"}) + b" " * 20_000
    await edge.redis.set(keys.document("meal", "meal"), meal)
    for number in range(400):
        place, document = f"basket {number}", uuid.uuid4().bytes * 1_000
        asked = joiner.places(place)
        beside = await edge.edge.reads.get(asked)
        assert len(await joiner.complete(edge.edge.reads, place, document, asked, beside)) == 64_000
    assert joiner.held <= joins.MOST_BYTES
    assert joiner.held >= joins.MOST_BYTES - 200_000, "and it does remember"
