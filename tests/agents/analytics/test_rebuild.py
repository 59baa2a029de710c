"""Made anew from the log, the documents are those that were made one event after the other."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agents.analytics.known import ORDER_FACTS, OpenOrder
from agents.analytics.rebuild import Told, _Making
from stores.elastic.daily import Generations
from stores.kafka.log import Bounds, Logged, Place
from tests.agents.analytics import test_known
from topics.contracts.order_events import TOPIC
from topics.deciding.projection import Document
from topics.messages import headers
from topics.messages.event import EventMeta
from topics.messages.message import Message

NOW = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
COURSES: Sequence[Sequence[Message]] = (
    (test_known.PLACED, test_known.SENT, test_known.ACCEPTED, test_known.DELIVERED),
    (test_known.PLACED, test_known.SENT, test_known.REJECTED),
    (test_known.PLACED, test_known.UNPAID, test_known.GIVEN_UP),
    (test_known.PLACED, test_known.SENT, test_known.ACCEPTED, test_known.FAILED, test_known.GIVEN_UP),
    (test_known.PLACED, test_known.SENT),
    (test_known.PLACED, test_known.BACK, test_known.DELIVERED, test_known.SOLD_BACK),
)


class Log:
    def __init__(self, records: Sequence[Logged], chunk: int) -> None:
        self._records, self._chunk = records, chunk

    async def read(self, starts: Mapping[Place, int], ends: Mapping[Place, int]) -> Any:
        for start in range(0, len(self._records), self._chunk):
            yield self._records[start : start + self._chunk]


class Kept:
    """The next generation. refused: ids of documents that it does not take."""

    def __init__(self, refused: Sequence[str] = ()) -> None:
        self.documents: dict[str, Document] = {}
        self._refused = refused

    async def put_next(self, generations: Generations, made: Sequence[Document]) -> Mapping[str, str]:
        self.documents |= {each.id: each for each in made if each.id not in self._refused}
        return {each.id: "strict" for each in made if each.id in self._refused}


def record(offset: int, key: str, version: int, message: Message, body: bytes | None = None) -> Logged:
    named = {
        headers.ID: f"{key} {version}", headers.TYPE: type(message).__name__, headers.SOURCE: "lezzet/order",
        headers.SUBJECT: key, headers.SEQUENCE: str(version), headers.TIME: NOW.isoformat(),
        **headers.of_type(type(message)),
    }  # fmt: skip
    found = tuple((name, value.encode()) for name, value in named.items())
    return Logged(TOPIC.name, 0, offset, NOW, key.encode(), found, TOPIC.encode(message) if body is None else body)


def live(course: Sequence[Message], key: str) -> dict[str, bytes]:
    before: OpenOrder | None = None
    found: dict[str, bytes] = {}
    for version, event in enumerate(course, 1):
        meta = EventMeta(f"{key} {version}", key, version, NOW)
        documents: Any = ORDER_FACTS.documents(before, event, meta)  # type: ignore[arg-type]
        found |= {each.id: each.body for each in documents}
        before = ORDER_FACTS.known.show(before, event, meta).document  # type: ignore[arg-type]
    return found


async def made(records: Sequence[Logged], chunk: int, kept: Kept) -> Told:
    told = Told(None, len(records))
    making = _Making(kept, Generations(1, 2), told)  # type: ignore[arg-type]
    await making.read(Log(records, chunk), Place(TOPIC.name, 0), Bounds(0, len(records)))  # type: ignore[arg-type]
    return told


@given(st.lists(st.sampled_from(range(len(COURSES))), max_size=6), st.randoms(use_true_random=False), st.integers(1, 7))
async def test_of_any_log_the_same_documents_are_made(courses: list[int], random: Any, chunk: int):
    left = {f"o-{n}": list(enumerate(COURSES[course], 1)) for n, course in enumerate(courses)}
    records: list[Logged] = []
    while left:
        key = random.choice(sorted(left))
        version, event = left[key].pop(0)
        for _ in range(random.choice([1, 1, 2])):  # an outbox row may be published twice
            records.append(record(len(records), key, version, event))
        if not left[key]:
            del left[key]
    kept = Kept()
    told = await made(records, chunk, kept)
    wanted: dict[str, bytes] = {}
    for n, course in enumerate(courses):
        wanted |= live(COURSES[course], f"o-{n}")
    assert {id: msgspec.json.decode(document.body) for id, document in kept.documents.items()} == {
        id: msgspec.json.decode(body) for id, body in wanted.items()
    }
    assert told.bad == []


async def test_what_cannot_be_made_is_told_and_the_rest_is_made():
    placed, sent, accepted, *_ = COURSES[0]
    records = [
        record(0, "o-1", 1, placed),
        record(1, "o-2", 1, placed, body=b"{"),
        record(2, "o-1", 2, sent),
        record(3, "o-1", 3, accepted),
    ]
    kept = Kept(refused=["o-1 3"])
    told = await made(records, 10, kept)
    assert list(kept.documents) == ["o-1 1"] and told.documents == 1
    assert [why.split(":")[0] for why in told.bad] == ["order_events 0, 1", "event o-1 3"]
