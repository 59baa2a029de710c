"""The pass over the log: what it lets through is what reading everything and choosing would give, whatever publishers send."""

import time
import uuid
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from replay.log.message import Message
from replay.log.scan import All, Holding, Keys, Progress, Texts, scan, window
from replay.tools import Tools
from stores.kafka.admin import make_topics
from stores.kafka.log import Logged
from tests.foreign import CODECS, Foreign, batch, send
from topics.messages import ids
from topics.messages.topic import Topic

LOG = Topic(name="scanned", messages=(), key="any", producers=("tests",), consumers=("tests",), partitions=2)
NEEDLE = "needle-in-a-haystack"
FLOW = ids.derive("one", "flow")


def _hay(count: int) -> list[Foreign]:
    return [Foreign(b"hay", b'{"n":%d}' % n, [(b"ce_id", f"hay-{uuid.uuid4()}".encode())]) for n in range(count)]


def _places(records: list[Logged]) -> set[tuple[int, int]]:
    return {(record.partition, record.offset) for record in records}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def everything(tools: Tools) -> AsyncGenerator[list[Logged]]:
    """All that is in a log with every codec, transactions, unreadable records and messages without an id."""
    await make_topics(tools.settings.kafka, [LOG])
    broker = tools.settings.kafka.addresses[0]
    needles = [
        Foreign(NEEDLE.encode(), b"{}", [(b"ce_id", b"1")]),
        Foreign(b"k", b'{"note":"%s"}' % NEEDLE.encode(), [(b"ce_id", b"2")]),
        Foreign(b"k", b'{"note":"needle-\\u0069n-a-haystack"}', [(b"ce_id", b"3")]),
        Foreign(b"k", None, [(b"ce_subject", NEEDLE.encode()), (b"ce_correlationid", FLOW.encode())]),
        Foreign(None, b"\xff\x00" + NEEDLE.encode(), []),
        Foreign(b"k", b"{}", [(b"\xff\xfe", NEEDLE.encode()), (b"ce_id", b"4")]),  # nobody's parser takes such a name
        Foreign(FLOW.encode(), b"{}", [(b"ce_id", b"5")]),
    ]
    producer = AIOKafkaProducer(bootstrap_servers=broker, transactional_id=f"scan-{uuid.uuid4()}")
    async with producer:
        for given_up in (True, False, True, False):
            await producer.begin_transaction()
            for partition in (0, 1):
                await producer.send_and_wait(LOG.name, NEEDLE.encode(), key=b"t", partition=partition)
            await (producer.abort_transaction() if given_up else producer.commit_transaction())
    for number, compress in CODECS.values():
        for records in (_hay(40), [*_hay(3), needles[number], *_hay(3), *needles[4:]], _hay(7)):
            await send(broker, LOG.name, number % 2, batch(records, number=number, compress=compress))
    for partition in (0, 1):
        await send(broker, LOG.name, partition, batch(_hay(11)))
    looks_like_the_end_of_a_name = Foreign(b"k", b"this is no_id\x48", [(b"ce_id", FLOW.encode())])
    await send(broker, LOG.name, 0, batch([looks_like_the_end_of_a_name]))
    async with tools.log() as log:
        whole = await window(log, [LOG.name])
        yield [record async for chunk in log.read(whole.starts, whole.ends) for record in chunk]


async def _scanned(tools: Tools, record_filter: Texts | Holding | All) -> list[Logged]:
    async with tools.log() as log:
        chosen = await window(log, [LOG.name])
        progress = Progress(chosen.messages)
        found = [record async for chunk in scan(log, chosen, record_filter, progress) for record in chunk]
    assert progress.passed == chosen.messages, "it has passed all of them"
    return found


async def test_all_is_all(tools: Tools, everything: list[Logged]) -> None:
    assert _places(await _scanned(tools, All())) == _places(everything)
    assert sum(record.key == b"t" for record in everything) == 4, "what was given up was never said"


async def test_a_text_is_found_wherever_it_is(tools: Tools, everything: list[Logged]) -> None:
    record_filter = Holding(NEEDLE.encode())
    wanted = [r for r in everything if record_filter.wants(r.key, r.body, r.headers)]
    found = await _scanned(tools, record_filter)
    assert len(wanted) > 10 and _places(found) >= _places(wanted)
    assert len(found) < len(everything) / 2, "most of it is passed over"


async def test_an_id_is_found_as_key_or_header_and_as_the_place_of_a_message(
    tools: Tools, everything: list[Logged]
) -> None:
    found = await _scanned(tools, Texts([NEEDLE.encode()]))
    assert _places(found) >= {(r.partition, r.offset) for r in everything if r.key == NEEDLE.encode()}
    placed = next(r for r in everything if not any(name == "ce_id" for name, _ in r.headers))
    found = await _scanned(tools, Texts([Message(placed).id.encode()]))
    assert (placed.partition, placed.offset) in _places(found)
    assert len(found) < len(everything) / 2


async def test_of_many_flows_each_message_is_found(tools: Tools, everything: list[Logged]) -> None:
    record_filter = Texts([*(ids.fresh().encode() for _ in range(100)), FLOW.encode()])
    wanted = [r for r in everything if record_filter.wants(r.key, r.body, r.headers)]
    assert {"ce_id", "ce_correlationid"} == {
        name for r in wanted for name, value in r.headers if value == FLOW.encode()
    }
    assert _places(await _scanned(tools, record_filter)) >= _places(wanted)


async def _read(tools: Tools, keys: list[bytes]) -> list[Logged]:
    async with tools.log() as log:
        chosen = await window(log, [LOG.name])
        return [r async for chunk in log.read(chosen.starts, chosen.ends, Keys(keys)) for r in chunk]


@pytest.mark.parametrize("others", [0, 100])
@pytest.mark.parametrize("key", [NEEDLE.encode(), FLOW.encode(), b"t", b""])
async def test_of_one_key_and_of_many_each_message_is_found(
    tools: Tools, everything: list[Logged], key: bytes, others: int
) -> None:
    wanted = [r for r in everything if r.key == key]
    found = await _read(tools, [key, *(ids.fresh().encode() for _ in range(others))])
    assert _places(found) >= _places(wanted) and (wanted or key == b"")
    assert len(found) < len(everything) / 2, "most of it is passed over"


async def test_a_scan_that_is_ended_leaves_the_log_as_it_was(tools: Tools, everything: list[Logged]) -> None:
    async with tools.log() as log:
        chosen = await window(log, [LOG.name])
        async for _ in scan(log, chosen, Holding(NEEDLE.encode()), Progress(chosen.messages)):
            break
        again = [r async for chunk in log.read(chosen.starts, chosen.ends) for r in chunk]
    assert _places(again) == _places(everything)


def test_progress_is_told_after_a_second(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Progress(1_000_000)
    progress.at(10)
    assert capsys.readouterr().err == ""
    later = time.monotonic() + 3
    monkeypatch.setattr("replay.log.scan.time.monotonic", lambda: later)
    progress.at(250_000)
    assert "read: 250,000 of 1,000,000 messages" in capsys.readouterr().err
