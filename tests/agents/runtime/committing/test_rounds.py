"""One look and one write for all partitions that are ready, and what holds one of them up holds up no other."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest
from aiokafka import ConsumerRecord

from agents.runtime.committing import rounds
from agents.runtime.deciding.consequences import Roles
from agents.runtime.deciding.deciding import Deciding
from agents.runtime.sending.drain import Drain
from agents.runtime.sending.publisher import decode_headers
from agents.runtime.transport.lease import Batch, Lease
from stores.errors import Doubt, Stale, TimedOut, Unavailable
from stores.protocol import Changes, Moment, Source, StateWrite
from tests.agents.runtime.gates import Gate, Gates
from tests.agents.runtime.memory import MemoryStore, Tables
from tests.agents.runtime.tally import DECIDER, Add, topics_of
from tests.deadline import within
from topics.messages import headers

COMMANDS, EVENTS = topics_of("rounds")
UNSTORABLE = "n" * 3000
MIB = 1024 * 1024


class Store(MemoryStore):
    """writes, messages: which partitions each write was for, and how many messages. failures: what the next ones raise.
    heaviest: bytes of states that one look brought."""

    def __init__(self) -> None:
        super().__init__(Tables())
        self.gates = Gates()
        self.writes: list[list[int]] = []
        self.messages: list[int] = []
        self.heaviest = 0
        self.failures: list[Exception] = []

    async def look(self, sources: Sequence[Source], **asked: Any) -> Moment:
        moment = await super().look(sources, **asked)
        self.heaviest = max(self.heaviest, sum(len(state.body) for state in moment.states.values()))
        await self.gates.come_to("looked")
        return moment

    async def write(self, moment: Moment, changes: Mapping[Source, Changes]) -> None:
        await self.gates.come_to("before write")
        if self.failures:
            raise self.failures.pop()
        await super().write(moment, changes)
        self.writes.append(sorted(source.partition for source in changes))
        self.messages.append(sum(len(change.inbox) for change in changes.values()))

    def events(self) -> list[tuple[str, int]]:
        """(key, version) in the order in which they went out."""
        rows = [row for row in self.published if row.target == EVENTS.name]
        return [((row.key or b"").decode(), int(dict(decode_headers(row.headers))[headers.SEQUENCE])) for row in rows]


class Process:
    def __init__(self, decider: Any = DECIDER) -> None:
        self.store = store = Store()
        self.work = Deciding(Roles(COMMANDS, EVENTS, decider), store, Drain(store, store, store), store)  # type: ignore[arg-type]
        self.leases: dict[int, Lease] = {}
        self._ids = 0

    async def batch(self, partition: int, *said: tuple[str, Add]) -> Batch:
        lease = self.leases.get(partition)
        if lease is None:
            lease = self.leases[partition] = Lease(Source("rounds.decide", COMMANDS.name, partition))
            await self.work.open(lease, 0)
        records = [self._record(partition, lease.next + n, *each) for n, each in enumerate(said)]
        return Batch(lease, records, lease.next)

    def _record(self, partition: int, offset: int, key: str, add: Add) -> ConsumerRecord[bytes, bytes]:
        self._ids += 1
        named = [(headers.ID, str(self._ids).encode()), (headers.TYPE, b"Add"), (headers.SOURCE, b"tests")]
        body = msgspec.json.encode(add)
        return ConsumerRecord(
            COMMANDS.name, partition, offset, 1_800_000_000_000, 1, key.encode(), body, None, 0, 0, named
        )

    async def do(self, batch: Batch) -> None:
        while True:
            try:
                await within("an end of the batch", self.work.run(batch))
                batch.lease.next = batch.next
                return
            except Doubt:
                await asyncio.sleep(0)

    def begin(self, batch: Batch) -> "asyncio.Task[None]":
        return asyncio.create_task(self.do(batch))

    def total(self, key: str) -> int:
        return msgspec.json.decode(self.store.tables.aggregates[key].body)["total"]


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    """One round at a time, so that the tests can say who is in which."""
    monkeypatch.setattr(rounds, "AT_ONCE", 1)
    return Process()


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_what_becomes_ready_while_a_round_is_under_way_makes_the_next_one(process: Process):
    gate = process.store.gates.stop_at("before write")
    first = process.begin(await process.batch(0, ("a", Add(amount=1))))
    await gate.reached()
    others = [process.begin(await process.batch(n, (f"k{n}", Add(amount=n)))) for n in range(1, 6)]
    await turns()
    gate.open()
    await asyncio.gather(first, *others)
    assert process.store.writes == [[0], [1, 2, 3, 4, 5]]
    assert [process.total(f"k{n}") for n in range(1, 6)] == [1, 2, 3, 4, 5]


async def test_a_key_in_two_partitions_is_decided_in_two_rounds_and_its_events_go_out_in_order(process: Process):
    gate = process.store.gates.stop_at("before write")
    first = process.begin(await process.batch(0, ("x", Add(amount=1))))
    await gate.reached()
    here = process.begin(await process.batch(1, ("a", Add(amount=1)), ("b", Add(amount=1))))
    there = process.begin(await process.batch(2, ("a", Add(amount=10))))
    beside = process.begin(await process.batch(3, ("c", Add(amount=5))))
    await turns()
    gate.open()
    await asyncio.gather(first, here, there, beside)
    assert process.store.writes == [[0], [1, 3], [2]]
    assert process.total("a") == 11
    assert [version for key, version in process.store.events() if key == "a"] == [1, 2]


async def test_a_name_wanted_in_two_partitions_has_one_owner_and_the_other_is_refused(process: Process):
    gate = process.store.gates.stop_at("before write")
    first = process.begin(await process.batch(0, ("x", Add(amount=1))))
    await gate.reached()
    here = process.begin(await process.batch(1, ("a", Add(amount=1, name="n"))))
    there = process.begin(await process.batch(2, ("b", Add(amount=1, name="n"))))
    await turns()
    gate.open()
    await asyncio.gather(first, here, there)
    assert process.store.tables.claims == {("name", "n"): "a"}
    assert "b" not in process.store.tables.aggregates


async def test_a_name_released_in_one_partition_is_free_to_another_after_the_write(process: Process):
    await process.do(await process.batch(1, ("a", Add(amount=1, name="n"))))
    gate = process.store.gates.stop_at("before write")
    first = process.begin(await process.batch(0, ("x", Add(amount=1))))
    await gate.reached()
    gives = process.begin(await process.batch(1, ("a", Add(amount=1, releases="n"))))
    wants = process.begin(await process.batch(2, ("b", Add(amount=1, name="n"))))
    await turns()
    gate.open()
    await asyncio.gather(first, gives, wants)
    assert process.store.writes == [[1], [0], [1], [2]]
    assert process.store.tables.claims == {("name", "n"): "b"}


async def _three(process: Process, *middle: tuple[str, Add]) -> tuple[Gate, list["asyncio.Task[None]"]]:
    """Partitions 1, 2 and 3 before the write of one round, after a first one; `middle` comes in partition 2."""
    gate = process.store.gates.stop_at("before write")
    first = process.begin(await process.batch(0, ("x", Add(amount=1))))
    await gate.reached()
    here = process.begin(await process.batch(1, ("a", Add(amount=1))))
    between = process.begin(await process.batch(2, *middle))
    there = process.begin(await process.batch(3, ("c", Add(amount=3))))
    await turns()
    second = process.store.gates.stop_at("before write")
    gate.open()
    await second.reached()
    await first
    return second, [here, between, there]


async def test_a_partition_whose_floor_moved_meanwhile_is_left_out_and_the_others_are_written(process: Process):
    gate, tasks = await _three(process, ("b", Add(amount=2)))
    source, other = Source("rounds.decide", COMMANDS.name, 2), MemoryStore(process.store.tables)
    change = Changes(next=1, states=[StateWrite("b", 0, 1, '{"total":2}')])
    await other.write(await other.look([source]), {source: change})
    gate.open()
    await asyncio.gather(*tasks)
    assert process.store.writes == [[0], [1, 3]]
    assert [process.total(key) for key in "abc"] == [1, 2, 3]


async def test_data_that_cannot_be_stored_parks_its_key_and_no_other_partition_hears_of_it(process: Process):
    bad = Add(amount=1, name=UNSTORABLE)
    gate, tasks = await _three(process, ("b", Add(amount=2)), ("bad", bad), ("b", Add(amount=2)))
    gate.open()
    await asyncio.gather(*tasks)
    assert [process.total(key) for key in "abc"] == [1, 4, 3]
    assert [row.key for _, row in process.store.tables.parked.values()] == ["bad"]


async def test_a_version_that_changed_meanwhile_sends_each_into_a_round_of_its_own(process: Process):
    gate, tasks = await _three(process, ("b", Add(amount=2)))
    process.store.failures = [Stale("states")]
    gate.open()
    await asyncio.gather(*tasks)
    assert process.store.writes == [[0], [1], [2], [3]]
    assert [process.total(key) for key in "abc"] == [1, 2, 3]


async def test_doubt_about_a_round_starts_each_of_its_batches_again(process: Process):
    gate, tasks = await _three(process, ("b", Add(amount=2)))
    process.store.failures = [Unavailable("memory", "no answer")]
    gate.open()
    await asyncio.gather(*tasks)
    assert [process.total(key) for key in "abc"] == [1, 2, 3]


async def test_a_time_out_halves_what_the_next_round_takes(process: Process):
    batch = await process.batch(0, *((f"k{n}", Add(amount=1)) for n in range(500)))
    for _ in range(2):
        process.store.failures = [TimedOut("memory", "too much")]
        with pytest.raises(TimedOut):
            await process.work.run(batch)
    await process.do(batch)
    assert process.store.messages == [125, 250, 125]
    assert len(process.store.tables.aggregates) == 500


async def test_large_states_are_read_and_written_a_few_at_a_time():
    """500 baskets of 230 KiB would be 115 MB to read, and several times as much as objects and events."""
    process = Process()
    large = "x" * 230 * 1024
    keys = [f"k{n}" for n in range(500)]
    for start in range(0, 500, 20):
        await process.do(
            await process.batch(0, *((key, Add(amount=1, note=large)) for key in keys[start : start + 20]))
        )
    process.store.heaviest, process.store.writes = 0, []
    await process.do(await process.batch(0, *((key, Add(amount=1, note=large)) for key in keys)))
    assert all(process.total(key) == 2 for key in keys)
    assert process.store.heaviest < 20 * MIB
    assert len(process.store.writes) > 10


async def test_a_domain_that_raises_in_its_round_is_loud_and_the_others_go_on(process: Process):
    gate, tasks = await _three(process, ("b", Add(amount=2)))
    process.store.failures = [ZeroDivisionError("a bug of ours")]
    gate.open()
    await asyncio.gather(*tasks)
    assert [process.total(key) for key in "abc"] == [1, 2, 3], "each was tried alone"
    process.store.failures = [ZeroDivisionError("again")]
    with pytest.raises(ZeroDivisionError):
        await process.work.run(await process.batch(1, ("a", Add(amount=1))))


async def test_a_batch_that_was_given_up_while_it_waited_is_in_no_round(process: Process):
    gate = process.store.gates.stop_at("before write")
    first = process.begin(await process.batch(0, ("a", Add(amount=1))))
    await gate.reached()
    given_up = process.begin(await process.batch(1, ("b", Add(amount=1))))
    await turns()
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    gate.open()
    await first
    await turns()
    assert process.store.writes == [[0]]
