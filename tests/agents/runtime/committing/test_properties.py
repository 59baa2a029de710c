"""Whatever comes, and however it is cut into batches: gapless versions, one outcome an id, the same as one by one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiokafka import ConsumerRecord
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from agents.runtime.deciding.consequences import Roles
from agents.runtime.deciding.deciding import Deciding
from agents.runtime.sending.drain import Drain
from agents.runtime.sending.publisher import decode_headers
from agents.runtime.transport.lease import Batch, Lease
from stores.protocol import Source
from tests.agents.runtime.deciding.test_preparation import Looks
from tests.agents.runtime.memory import MemoryStore, Tables
from tests.agents.runtime.tally import BAD_LUCK, DECIDER, Add, topics_of
from topics.messages import headers
from topics.messages.message import Message
from topics.messages.redrive import Redrive, Repaired

COMMANDS, EVENTS = topics_of("property")
GOOD = msgspec.json.encode(Add(amount=7))
NOW = 1_800_000_000_000


@dataclass(frozen=True)
class Said:
    key: str
    id: str
    message: Message | None
    late: bool = False


keys = st.sampled_from(["a", "b", "c"])
ids = st.sampled_from([str(n) for n in range(12)])
adds = st.builds(
    Add, amount=st.sampled_from([1, 2, -1, BAD_LUCK]), name=st.sampled_from([None, None, "x", "y"]),
    prepared=st.booleans(),
)  # fmt: skip
redrives = st.builds(
    Redrive, repaired=ids.map(lambda id: (Repaired(id=id, source="tests", body=GOOD),)), drop=st.sets(ids).map(tuple)
)
said = st.one_of(
    st.builds(Said, keys, ids, adds, st.sampled_from([False, False, False, True])),
    st.builds(Said, keys, ids, st.none()),
    st.builds(Said, keys, ids.map("redrive {}".format), redrives),
)
# The same id with another body would be another message, so each id says the same wherever it comes again.
logs = st.lists(said, min_size=1, max_size=24).map(lambda log: [({s.id: s for s in reversed(log)}[s.id]) for s in log])
cuts = st.sets(st.integers(1, 23))


def record(said: Said, offset: int) -> ConsumerRecord[bytes, bytes]:
    named = {headers.ID: said.id, headers.TYPE: type(said.message).__name__, headers.SOURCE: "tests"}
    named |= {headers.OPERATION: said.id, headers.DEADLINE: str(NOW - 1 if said.late else NOW * 2)}
    body = b"{" if said.message is None else msgspec.json.encode(said.message)
    pairs = [(name, value.encode()) for name, value in named.items()]
    return ConsumerRecord(COMMANDS.name, 0, offset, NOW, 1, said.key.encode(), body, None, 0, 0, pairs)


@dataclass
class Told:
    """What everybody outside can see afterwards."""

    events: list[tuple[str, int, str]] = field(default_factory=list[tuple[str, int, str]])  # key, version, cause
    outcomes: dict[str, Any] = field(default_factory=dict[str, Any])
    parked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    totals: dict[str, int] = field(default_factory=dict[str, int])
    claims: dict[Any, str] = field(default_factory=dict[Any, str])


async def _live(log: Sequence[Said], cuts: set[int], again: int = 0) -> Told:
    """again: so many records before each cut are read once more."""
    store = MemoryStore(Tables())
    work = Deciding(Roles(COMMANDS, EVENTS, DECIDER), store, Drain(store, store, store), store, Looks())  # type: ignore[arg-type]
    lease = Lease(Source("property.decide", COMMANDS.name, 0))
    await work.open(lease, 0)
    records = [record(said, offset) for offset, said in enumerate(log)]
    ends = sorted({cut for cut in cuts if cut < len(log)} | {len(log)})
    for begin, end in zip([0, *ends], ends, strict=False):
        first = max(0, begin - again)
        await work.run(Batch(lease, records[first:end], first))
    await work.idle([lease])
    assert store.tables.floors[lease.source].next == len(log) and not store.tables.rows
    return _told(store)


def _told(store: MemoryStore) -> Told:
    tables = store.tables
    told = Told(claims=tables.claims)
    for row in store.published:
        if row.target == EVENTS.name:
            named = dict(decode_headers(row.headers))
            version, cause = int(named[headers.SEQUENCE]), named[headers.CAUSATION].decode()
            told.events.append(((row.key or b"").decode(), version, cause))
    told.outcomes = {id: outcome and msgspec.json.decode(outcome) for (_, id), outcome in tables.inbox.items()}
    told.parked = [(row.key, row.id) for _, (_, row) in sorted(tables.parked.items())]
    told.totals = {key: msgspec.json.decode(stored.body)["total"] for key, stored in tables.aggregates.items()}
    told.events.sort(key=lambda event: event[0])  # stable: the order within a key stays
    told.parked.sort(key=lambda row: row[0])
    return told


def live(log: Sequence[Said], cuts: set[int], again: int = 0) -> Told:
    with capture_logs():  # a traceback for each bad message takes longer than the story
        return asyncio.run(_live(log, cuts, again))


@settings(max_examples=400, deadline=None)
@given(logs, cuts)
def test_versions_are_gapless_and_every_command_has_one_effect_at_most(log: list[Said], cuts: set[int]):
    told = live(log, cuts)
    for key in ("a", "b", "c"):
        versions = [version for k, version, _ in told.events if k == key]
        assert versions == list(range(1, len(versions) + 1))
    causes = [cause for _, _, cause in told.events]
    assert len(causes) == len(set(causes))
    assert all(told.outcomes[cause]["status"] == "done" for cause in causes)
    late = {said.id for said in log if said.late and said.message is not None}
    assert not late & set(causes), "the caller was told that it does not happen"


@settings(max_examples=400, deadline=None)
@given(logs)
def test_every_message_is_done_refused_parked_dropped_or_a_dead_letter(log: list[Said]):
    told = live(log, set())
    dropped = {id for said in log if isinstance(said.message, Redrive) for id in said.message.drop}
    for said in log:
        unread = said.message is None
        there = said.id in told.outcomes or (said.key, said.id) in told.parked
        assert there or unread or said.id in dropped, f"{said} is nowhere"


@settings(max_examples=500, deadline=None)
@given(logs, cuts)
def test_batches_are_no_part_of_the_meaning(log: list[Said], cuts: set[int]):
    one_by_one = live(log, set(range(1, 24)))
    assert live(log, cuts) == one_by_one
    assert live(log, set()) == one_by_one


@settings(max_examples=300, deadline=None)
@given(logs, cuts, st.integers(1, 5))
def test_reading_again_changes_nothing(log: list[Said], cuts: set[int], again: int):
    assert live(log, cuts, again) == live(log, cuts)


def test_an_order_that_was_carried_out_and_is_read_again_mends_nothing_for_the_next_one():
    """Both are about one key, and the first one's repair is not the second one's."""
    poison = Said("a", "1", Add(amount=BAD_LUCK))
    first = Said("a", "redrive 1", Redrive(repaired=(Repaired(id="1", source="tests", body=b"{"),)))
    second = Said("a", "redrive 2", Redrive(repaired=(Repaired(id="1", source="tests", body=GOOD),)))
    log = [poison, first, second]
    told = live(log, {1, 2}, again=2)
    assert told == live(log, {1, 2})
    assert told.totals == {"a": 7}


def test_an_order_that_was_carried_out_and_is_sent_again_mends_nothing_for_the_next_one():
    poison = Said("a", "1", Add(amount=BAD_LUCK))
    first = Said("a", "redrive 1", Redrive(repaired=(Repaired(id="1", source="tests", body=GOOD),)))
    second = Said("a", "redrive 2", Redrive())
    log = [first, poison, first, second]
    told = live(log, {2})
    assert told == live(log, {1, 2, 3})
    assert told.totals == {}
