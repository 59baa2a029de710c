"""Fetches that name only what has changed: by hand against a broker that is played, and with Kafka's own."""
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false
# It stands between aiokafka's fetcher and client, and looks into their private parts.

from collections.abc import AsyncGenerator, Sequence
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaStorageError
from aiokafka.protocol.fetch import FetchRequest, FetchRequest_v4, FetchRequest_v11

from agents.runtime.transport import fetch_session
from agents.runtime.transport.fetch_connection import FetchConnection
from agents.runtime.transport.fetch_session import FetchSession
from infra.stack.stack import Stack
from stores.kafka.admin import make_topics
from tests.deadline import until
from topics.messages.topic import Topic

MOST = 100  # bytes of a partition
PARTITIONS = 12


def a_request(**offsets: int) -> FetchRequest:
    """offsets: by TOPIC_PARTITION."""
    places = [(*name.rsplit("_", 1), offset) for name, offset in offsets.items()]
    topics = {topic: [(int(p), at, MOST) for t, p, at in places if t == topic] for topic, _, _ in places}
    return FetchRequest(50, 1, 1000, 1, list(topics.items()))


def an_answer(id: int = 7, code: int = 0) -> Any:
    return SimpleNamespace(API_VERSION=11, error_code=code, session_id=id, topics=[("a", [])])


def sent(session: FetchSession, request: FetchRequest) -> tuple[int, int, Any, Any]:
    """(id, epoch, topics, forgotten) as the broker reads them."""
    built = session.next(request).build(FetchRequest_v11)
    named = [(topic, [(p, at) for p, _, at, _, _ in partitions]) for topic, partitions in built.topics]
    return built.session_id, built.session_epoch, named, built.forgotten_topics_data


def begun(**offsets: int) -> FetchSession:
    session = FetchSession()
    assert sent(session, a_request(**offsets))[:2] == (0, 0)
    session.answered(an_answer())
    return session


def test_a_request_names_what_has_changed() -> None:
    session = begun(a_0=5, a_1=0, b_0=3)
    assert sent(session, a_request(a_0=5, a_1=0, b_0=3)) == (7, 1, [], [])
    session.answered(an_answer())
    assert sent(session, a_request(a_0=6, a_1=0, b_1=0)) == (7, 2, [("a", [(0, 6)]), ("b", [(1, 0)])], [("b", [0])])
    session.answered(an_answer())
    assert sent(session, a_request(a_0=6, a_1=0, b_0=3, b_1=0)) == (7, 3, [("b", [(0, 3)])], [])


def test_a_request_whose_fate_is_unknown_ends_the_session() -> None:
    session = begun(a_0=5, a_1=0)
    session.next(a_request(a_0=6, a_1=0))
    session.lost()
    assert sent(session, a_request(a_0=6, a_1=0)) == (7, 0, [("a", [(0, 6), (1, 0)])], [])
    session.answered(an_answer(8))
    assert sent(session, a_request(a_0=6, a_1=0)) == (8, 1, [], [])


@pytest.mark.parametrize(("code", "id"), [(70, 0), (71, 7)])
def test_a_session_that_the_broker_does_not_know_is_begun_again(code: int, id: int) -> None:
    session = begun(a_0=5)
    session.next(a_request(a_0=6))
    assert session.answered(an_answer(0, code)).topics == []
    assert sent(session, a_request(a_0=6)) == (id, 0, [("a", [(0, 6)])], [])


def test_any_other_error_of_the_answer_is_the_fetchers() -> None:
    session = begun(a_0=5)
    session.next(a_request(a_0=6))
    with pytest.raises(KafkaStorageError):
        session.answered(an_answer(0, KafkaStorageError.errno))


def test_a_broker_that_keeps_no_more_sessions_is_told_all_partitions_each_time() -> None:
    session = FetchSession()
    for _ in range(2):
        assert sent(session, a_request(a_0=5)) == (0, 0, [("a", [(0, 5)])], [])
        assert session.answered(an_answer(0)).topics


def test_a_broker_that_knows_no_sessions_is_told_all_partitions_each_time() -> None:
    session = FetchSession()
    for _ in range(2):
        built: Any = session.next(a_request(a_0=5, a_1=3)).build(FetchRequest_v4)
        assert built.topics == [("a", [(0, 5, MOST), (1, 3, MOST)])]
        session.answered(SimpleNamespace(API_VERSION=4))


def test_epochs_begin_again_after_the_last() -> None:
    session = begun(a_0=5)
    session._epoch = fetch_session._LAST
    session.answered(an_answer())
    assert sent(session, a_request(a_0=5))[1] == 1


class Kept:
    """A consumer whose fetches go by sessions. named: of each request, how many partitions it names."""

    def __init__(self, consumer: AIOKafkaConsumer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.consumer, self.named, self.found = consumer, list[int](), list[tuple[int, bytes]]()
        self.fetches = consumer._fetcher._client = FetchConnection(consumer._client)
        build = fetch_session._InSession.build

        def built(request: Any, kind: Any) -> Any:
            self.named.append(sum(len(partitions) for _, partitions in request.topics))
            return build(request, kind)

        monkeypatch.setattr(fetch_session._InSession, "build", built)

    @property
    def session(self) -> FetchSession:
        (found,) = self.fetches._sessions.values()
        return found

    async def read(self, wanted: Sequence[tuple[int, bytes]]) -> None:
        async def came() -> bool:
            some = await self.consumer.getmany(timeout_ms=200)
            self.found += [(record.partition, record.value or b"") for there in some.values() for record in there]
            return len(self.found) >= len(wanted)

        await until(f"{len(wanted)} records", came, pause=0)
        assert sorted(self.found) == sorted(wanted)
        self.found = []


class Written:
    def __init__(self, topic: str, producer: AIOKafkaProducer) -> None:
        self.topic, self._producer = topic, producer

    async def to(self, *partitions: int, text: bytes) -> list[tuple[int, bytes]]:
        for partition in partitions:
            await self._producer.send_and_wait(self.topic, text, partition=partition)
        return [(partition, text) for partition in partitions]


@pytest_asyncio.fixture(loop_scope="session")
async def written(servers: Stack) -> AsyncGenerator[Written]:
    topic = Topic(name=f"fetched_{uuid4().hex}", messages=(), key="", producers=(), consumers=(), partitions=PARTITIONS)
    await make_topics([servers.endpoints.kafka], [topic])
    producer = AIOKafkaProducer(bootstrap_servers=servers.endpoints.kafka)
    await producer.start()
    yield Written(topic.name, producer)
    await producer.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def kept(servers: Stack, written: Written, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Kept]:
    consumer = AIOKafkaConsumer(bootstrap_servers=servers.endpoints.kafka, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition(written.topic, number) for number in range(PARTITIONS)])
    made = Kept(consumer, monkeypatch)
    await made.read(await written.to(*range(PARTITIONS), text=b"first"))
    yield made
    await consumer.stop()


async def test_kafka_answers_requests_that_name_only_what_has_changed(kept: Kept, written: Written) -> None:
    assert kept.session._id != 0, "the broker keeps the session"
    await kept.read(await written.to(3, text=b"zero"))  # the first request after those of the fixture: all have moved
    kept.named = []
    for text in (b"one", b"two", b"three"):
        await kept.read(await written.to(3, text=text))
    assert kept.named, "fetches went by the session"
    assert max(kept.named) <= 1, "only the partition that was read has another offset"
    assert kept.consumer.highwater(TopicPartition(written.topic, 3)) == 5


async def test_nothing_is_lost_or_read_twice_where_kafka_does_not_know_the_session(
    kept: Kept, written: Written
) -> None:
    for spoil in ("_id", "_epoch"):
        setattr(kept.session, spoil, getattr(kept.session, spoil) + 1000)
        await kept.read(await written.to(1, 5, text=spoil.encode()))
        assert kept.session._id != 0, "a new session is there"


async def test_nothing_is_lost_or_read_twice_where_fetches_are_given_up(kept: Kept, written: Written) -> None:
    for turn in range(5):
        kept.fetches.moved()
        await kept.read(await written.to(*range(turn, PARTITIONS, 3), text=b"turn %d" % turn))


async def test_partitions_that_are_taken_away_and_given_back_are_read_on(kept: Kept, written: Written) -> None:
    away = TopicPartition(written.topic, 2)
    kept.consumer.pause(away)
    later = await written.to(2, text=b"later")
    await kept.read(await written.to(4, text=b"now"))
    kept.consumer.resume(away)
    await kept.read(later)
