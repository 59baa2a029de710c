"""aiokafka's fetch routine with the corrections of agents.runtime.transport.fetching, step by step, without a broker."""
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false
# The race lies in aiokafka's private parts.

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.errors import KafkaConnectionError

from agents.runtime.transport import fetching
from agents.runtime.transport.fetching import LoopConsumer, go_on_reading_metadata
from agents.runtime.transport.lease import TP, Batch
from stores.kafka.in_flight import NodesInFlight
from tests.deadline import within

NODE = 1
FREE = [SimpleNamespace(tp=TP("topic", 0))]  # leases without a batch
STEPS = 20  # turns of the loop: the routine needs three


class Routine:
    """The fetch routine of a consumer with one partition on one node. fetches: the answers that it waits for."""

    def __init__(self) -> None:
        self.fetches: list[asyncio.Future[bool]] = []
        fetcher = self.fetcher = object.__new__(Fetcher)
        fetcher._pending_tasks, fetcher._in_flight, fetcher._fetch_waiters = set(), set(), set()
        fetcher._records, fetcher._client = {}, SimpleNamespace()
        assignment = SimpleNamespace(active=True, unassign_future=asyncio.get_running_loop().create_future())
        fetcher._subscriptions = SimpleNamespace(subscription=SimpleNamespace(assignment=assignment))
        fetcher._get_actions_per_node = self._plan
        fetcher._proc_fetch_request = self._fetch

    def _plan(self, assignment: Any) -> Any:
        todo = [] if NODE in self.fetcher._in_flight else [(NODE, None)]
        return todo, {}, None, False, []

    async def _fetch(self, assignment: Any, node: int, request: Any) -> bool:
        answer = asyncio.get_running_loop().create_future()
        self.fetches.append(answer)
        return await answer

    async def turns(self) -> None:
        for _ in range(STEPS):
            await asyncio.sleep(0)

    async def end_a_fetch_while_records_are_taken(self) -> None:
        self.fetcher._notify(self.fetcher._wait_consume_future)
        self.fetches[-1].set_result(True)
        await self.turns()


async def _fetches_begun(*, correct: bool) -> int:
    routine = Routine()
    if correct:
        routine.fetcher._in_flight = NodesInFlight(routine.fetcher)
    running = asyncio.ensure_future(routine.fetcher._fetch_requests_routine())
    await routine.turns()
    await routine.end_a_fetch_while_records_are_taken()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return len(routine.fetches)


async def test_a_node_is_fetched_from_again_though_its_fetch_ended_while_records_were_taken() -> None:
    assert await _fetches_begun(correct=True) == 2


async def test_without_the_correction_it_is_left_alone() -> None:
    """Fails where aiokafka has mended it: then the correction can go."""
    assert await _fetches_begun(correct=False) == 1


def _consumer_of(*in_flight: tuple[int, float]) -> LoopConsumer:
    """in_flight: of each batch its messages, and how many seconds ago it was taken."""
    found = {
        number: SimpleNamespace(
            batch=Batch(None, [None] * messages, 0, reached=messages, taken_at=time.monotonic() - ago)
        )
        for number, (messages, ago) in enumerate(in_flight)
    }
    thread = object.__new__(LoopConsumer)
    thread.consumer = SimpleNamespace(leases=SimpleNamespace(held=found, ready=lambda: FREE))
    return thread


async def _fetches_while(*in_flight: tuple[int, float], then_ended: bool = False) -> int:
    """How many fetches the routine begins while these batches are in flight, or when they have ended."""
    routine, thread = Routine(), _consumer_of(*in_flight)
    thread._consumer = SimpleNamespace(_fetcher=routine.fetcher)
    thread._poked = asyncio.Event()
    thread._plan_fetches(routine.fetcher)
    running = asyncio.ensure_future(routine.fetcher._fetch_requests_routine())
    await routine.turns()
    if then_ended:
        for lease in thread.consumer.leases.held.values():
            lease.batch = None
        thread.poke()
        await routine.turns()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return len(routine.fetches)


@pytest.mark.parametrize(("in_flight", "fetches"), [
    ([], 1),
    ([(1, 0.0)], 0),
    ([(1, 0.0), (1, 9.0)], 0),
    ([(1, 9.0)], 1),
    ([(63, 0.0)], 0),
    ([(60, 0.0), (4, 0.0)], 1),
], ids=["none", "a small one", "one of two is slow", "a slow one", "small enough", "many messages"])  # fmt: skip
async def test_the_next_fetch_waits_for_small_batches(
    in_flight: list[tuple[int, float]], fetches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_GATHER", 5.0)
    assert await _fetches_while(*in_flight) == fetches


async def test_the_end_of_a_batch_begins_the_next_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_GATHER", 5.0)
    assert await _fetches_while((1, 0.0), then_ended=True) == 1


@pytest.mark.parametrize(("partition", "ago", "begins"), [(0, 0.0, False), (0, 9.0, True), (1, 0.0, True)],
                         ids=["will be taken at once", "is not taken", "its partition has a batch"])  # fmt: skip
async def test_no_fetch_leaves_out_a_partition_whose_messages_will_be_taken_at_once(
    partition: int, ago: float, begins: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each message is followed by a fetch that brings nothing, and ends only for the next one."""
    monkeypatch.setattr(fetching, "_GATHER", 5.0)
    thread, routine = _consumer_of(), Routine()
    routine.fetcher._records[TopicPartition("topic", partition)] = SimpleNamespace(_created=time.monotonic() - ago)
    assert (thread._gather_for(routine.fetcher) <= 0) == begins


async def test_messages_that_are_taken_and_not_handed_over_yet_hold_up_the_next_fetch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fetching, "_GATHER", 60.0)
    thread, routine = _consumer_of(), Routine()
    taken = Batch(None, [None], 0, reached=1)
    thread._taken = [taken]
    assert 0 < thread._gather_for(routine.fetcher) <= fetching._GATHER
    taken.finished.set()
    assert thread._gather_for(routine.fetcher) <= 0


async def test_a_batch_holds_up_the_next_fetch_for_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_GATHER", 60.0)
    assert 0 < _consumer_of((1, 0.0))._gather_for(Routine().fetcher) <= fetching._GATHER


async def test_a_coordinator_that_never_answers_holds_up_no_later_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faust tells offsets one after the other: it waits for each."""
    asked = asyncio.Event()

    async def commit(offsets: Any) -> None:
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(fetching, "_COMMIT", 0.01)
    thread = object.__new__(LoopConsumer)
    monkeypatch.setattr(LoopConsumer, "_ensure_consumer", lambda _: SimpleNamespace(commit=commit))
    monkeypatch.setattr(LoopConsumer, "assignment", lambda _: {TP("topic", 0)})
    assert await within("the end of the hint", thread._commit({TP("topic", 0): 7})) is False
    assert asked.is_set()


class Coordinator:
    """aiokafka's, as far as errors go: with one that waits to be taken."""

    def __init__(self, *, ended: bool) -> None:
        self._coordination_task = SimpleNamespace(done=lambda: ended)
        self.errors = [KafkaConnectionError("while the group was joined")]

    def check_errors(self) -> None:
        if self.errors:
            raise self.errors.pop()


async def test_an_error_of_the_group_is_taken_so_that_its_coordination_goes_on() -> None:
    """Kafka went away while the member joined: the coordination waits until somebody has taken the error."""
    coordinator = Coordinator(ended=False)
    object.__new__(LoopConsumer)._take_group_errors(SimpleNamespace(_coordinator=coordinator))
    assert coordinator.errors == []


async def test_a_coordination_that_has_ended_is_a_crash() -> None:
    with pytest.raises(KafkaConnectionError):
        object.__new__(LoopConsumer)._take_group_errors(SimpleNamespace(_coordinator=Coordinator(ended=True)))


async def test_who_waits_for_metadata_gets_it_though_the_task_that_reads_it_has_ended(monkeypatch: pytest.MonkeyPatch):
    """On aiokafka's own client: with its task gone, nobody would ever answer them."""
    client, reads = AIOKafkaClient(), []

    async def read(cluster: Any, topics: Any) -> bool:
        reads.append(topics)
        if len(reads) == 1:
            raise AttributeError("the connection is gone")
        return True

    monkeypatch.setattr(client, "_metadata_update", read)
    client._sync_task = asyncio.create_task(client._md_synchronizer())
    waiting = client.force_metadata_update()
    await asyncio.wait((client._sync_task,))
    assert not waiting.done()
    go_on_reading_metadata(client)
    assert await within("the metadata", waiting)
    assert await within("metadata as before", client.force_metadata_update())
    still = client._sync_task
    go_on_reading_metadata(client)
    assert client._sync_task is still
    await client.close()
