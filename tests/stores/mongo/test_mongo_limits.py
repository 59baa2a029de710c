"""What is MongoDB's own: transactions that are left behind, what the server says of a commit, and what its indexes find."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import UpdateOne
from pymongo.errors import AutoReconnect, OperationFailure
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from infra.layout import versions
from infra.stack.stack import Stack
from stores.errors import BadData, Conflict, Doubt, Stale, TimedOut, Unavailable
from stores.mongo import errors, looking, names, writing
from stores.mongo.provision import provision
from stores.mongo.store import MongoStore
from stores.mongo.transaction import Transaction, transaction
from stores.protocol import Changes, RowId, Source
from tests.deadline import until
from tests.stores.contract.stage import HERE, THERE, commit, floor_of, mongo, row, write


class Room(NamedTuple):
    one: MongoStore
    other: MongoStore
    url: str


@pytest_asyncio.fixture
async def room(servers: Stack) -> AsyncGenerator[Room]:
    url = servers.endpoints.mongo
    async with mongo(url, f"t{uuid.uuid4().hex[:10]}") as stage:
        assert isinstance(stage.one, MongoStore) and isinstance(stage.other, MongoStore)
        for source in (HERE, THERE):
            await stage.one.open(source, 0)
        yield Room(stage.one, stage.other, url)


async def test_whoever_stands_still_in_a_write_holds_its_documents_as_long_as_the_server_allows(room: Room) -> None:
    """A process that is stopped. Others of its round are held up, too: their next try finds that out."""
    left = transaction(room.one._documents)
    running = await left.__aenter__()
    await running.update(
        {names.floor(HERE): _touch(HERE)},
    )
    with pytest.raises(Stale):
        await commit(room.other, HERE, Changes(next=1))
    await commit(room.other, THERE, Changes(next=1))

    async def free() -> bool:
        try:
            await commit(room.other, HERE, Changes(next=2))
        except Stale:
            return False
        return True

    await until("the server to end it", free, seconds=versions.MONGO_TRANSACTION_SECONDS * 3)
    with pytest.raises(Exception):  # noqa: B017 - whatever pymongo calls it
        await left.__aexit__(None, None, None)
    assert await floor_of(room.other, HERE) == 2


async def test_an_opening_gets_what_a_killed_process_held_although_nobody_else_writes(room: Room) -> None:
    """The server ends the transaction by itself: no other transaction comes by that would find it."""
    left = transaction(room.one._documents)
    running = await left.__aenter__()
    await running.update({names.floor(HERE): _touch(HERE)})

    async def opened() -> bool:
        try:
            await room.other.open(HERE, 0)
        except (Doubt, TimedOut):
            return False
        return True

    await until("the floor to be free", opened, seconds=versions.MONGO_TRANSACTION_SECONDS * 3)
    with pytest.raises(Exception):  # noqa: B017 - whatever pymongo calls it
        await left.__aexit__(None, None, None)
    assert await floor_of(room.other, HERE) == 0


def _touch(source: Source) -> Any:
    return UpdateOne({"_id": names.floor(source)}, {"$inc": {"writes": 1}})


async def test_an_opening_waits_for_a_write_that_is_under_way_also_where_the_floor_stays(room: Room) -> None:
    """Else the one who opened it would go on from what it found, and the write would come after it."""
    made = writing.statements(await room.one.look([HERE]), {HERE: Changes(next=0)}, datetime.now(UTC))
    async with transaction(room.one._documents) as running:
        await running.update(made.updates)
        opening = asyncio.ensure_future(room.other.open(HERE, 0))
        assert await floor_of(room.other, HERE) == 0, "a look does not"
        await asyncio.wait((opening,), timeout=0.3)
        refused = opening.done()
        assert not refused or isinstance(opening.exception(), Doubt)
    if refused:  # a server that does not wait says so, and an opening is tried again
        opening = asyncio.ensure_future(room.other.open(HERE, 0))
    assert (await opening).epoch == 1


async def test_a_commit_without_an_answer_is_doubt_and_the_floor_tells(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Transaction.commit

    async def unanswered(running: Transaction) -> None:
        await whole(running)
        raise OperationFailure("who knows", 64, {"errorLabels": ["UnknownTransactionCommitResult"]})

    monkeypatch.setattr(Transaction, "commit", unanswered)
    with pytest.raises(Unavailable):
        await commit(room.one, HERE, Changes(next=1, outbox=[row("x")]))
    assert await floor_of(room.other, HERE) == 1
    assert [each.body for each in await room.other.outbox(HERE)] == [b"x"]


async def test_a_collection_that_was_not_provisioned_opens_nothing(room: Room) -> None:
    """An empty one would let the domain decide anew whatever its topics hold."""
    empty = MongoStore(room.one._client, f"t{uuid.uuid4().hex[:10]}")
    with pytest.raises(Unavailable, match=r"python -m agents\.provision"):
        await empty.open(HERE, 0)


async def test_a_second_provisioning_makes_nothing(room: Room) -> None:
    assert await provision(room.url, room.one.domain) == 0


async def test_a_look_writes_nothing_and_no_write_stops_it(room: Room) -> None:
    async with transaction(room.one._documents) as running:
        await running.update({names.floor(HERE): _touch(HERE)})
        assert await floor_of(room.other, HERE) == 0


async def test_a_large_state_that_was_written_while_it_was_read_is_a_conflict(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = '{"n":"' + "x" * 100_000 + '"}'
    await commit(room.one, HERE, Changes(next=1, states=[write("a", 1, body=large)]))
    whole = looking.by_ids

    async def slow(documents: Any, ids: Any) -> Any:
        found = await whole(documents, ids)
        monkeypatch.undo()
        await commit(room.other, THERE, Changes(next=1, states=[write("a", 2, 1, body=large)]))
        return found

    monkeypatch.setattr(looking, "by_ids", slow)
    with pytest.raises(Conflict):
        await room.one.states(["a"])
    assert (await room.one.states(["a"]))["a"].version == 2


async def test_a_state_may_grow_large_and_small_again(room: Room) -> None:
    bodies = ['{"n":"' + "ğ" * length + '"}' for length in (10, 20_000, 9_000_000, 5_000_000, 10)]
    for version, body in enumerate(bodies, 1):
        await commit(room.one, HERE, Changes(next=version, states=[write("a", version, version - 1, body=body)]))
        assert (await room.other.states(["a"]))["a"] == (version, body)


async def test_what_is_entered_is_dated_by_the_servers_clock(room: Room) -> None:
    await commit(room.one, HERE, Changes(next=1, inbox={("s", "1"): None}))
    (entry,) = await room.one._documents.find({"kind": "inbox"}).to_list(None)
    now = await room.one._server_time()
    assert 0 <= (now - entry["entered"].replace(tzinfo=UTC)).total_seconds() < 10
    assert abs((now - datetime.now(UTC)).total_seconds()) < 60


FAILURES = {
    "an unknown commit": (OperationFailure("", 91, {"errorLabels": ["UnknownTransactionCommitResult"]}), Unavailable),
    "a write conflict": (OperationFailure("", 112, {"errorLabels": ["TransientTransactionError"]}), Conflict),
    "a transaction that is gone": (OperationFailure("", 251), Conflict),
    "a duplicate": (OperationFailure("", 11000), Conflict),
    "too slow": (OperationFailure("", 50), TimedOut),
    "too large": (OperationFailure("", 10334), BadData),
    "a broken connection in a transaction": (AutoReconnect("", {"errorLabels": ["TransientTransactionError"]}), Unavailable),
    "a wrong password": (OperationFailure("", 18), Unavailable),
}  # fmt: skip


@pytest.mark.parametrize("what", FAILURES)
async def test_what_the_server_says_is_translated(what: str) -> None:
    said, meant = FAILURES[what]
    with pytest.raises(meant) as told:
        async with errors.translated():
            raise said
    assert type(told.value) is meant


def test_ids_of_documents_tell_parts_apart_and_stand_in_order() -> None:
    assert names.inbox("a b", "c") != names.inbox("a", "b c")
    assert names.aside_key(HERE, "k") != names.aside_key(THERE, "k")
    begins = names.beginning(f"outbox {names.source_of(HERE)} ")
    eleventh = HERE._replace(partition=11)
    assert names.source_of(eleventh).startswith(names.source_of(HERE._replace(partition=1)))
    ours, theirs = names.outbox(HERE, RowId(1, 2, 3)), names.outbox(HERE._replace(partition=10), RowId(1, 2, 3))
    assert begins["$gte"] <= ours < begins["$lt"]
    assert not begins["$gte"] <= theirs < begins["$lt"]


class _Asked(CommandListener):
    """The questions of a client."""

    def __init__(self) -> None:
        self.questions = list[dict[str, Any]]()

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in ("find", "distinct", "count", "aggregate"):
            shown = (
                "find",
                "distinct",
                "count",
                "aggregate",
                "key",
                "filter",
                "query",
                "sort",
                "limit",
                "pipeline",
                "cursor",
            )
            self.questions.append({name: value for name, value in event.command.items() if name in shown})

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...


async def test_nothing_that_is_asked_all_the_time_reads_the_whole_collection(room: Room) -> None:
    """With idle partitions these are asked every few seconds, and a collection has as many documents as its inbox."""
    asked = _Asked()
    client = AsyncIOMotorClient[dict[str, Any]](room.url, event_listeners=[asked])
    try:
        store = MongoStore(client, room.one.domain)
        await commit(store, HERE, Changes(next=1, outbox=[row("a")]))
        await store.outbox_sources()
        await store.due_timers({HERE: (await store.look([HERE])).floors[HERE].epoch}, 10)
        await store.next_aside(HERE, 10)
        await store.waiting([HERE])
        await store.sweep(timedelta(days=1), 10)
        await store.look(
            [HERE],
            ids=[("other", "id")],
            keys=["a"],
            facts=[("table", "a")],
            claims=[("email", "a")],
            parked=["a"],
            aside=["a"],
        )
        questions = list(asked.questions)
        plans = [await client.get_default_database().command("explain", each) for each in questions]
    finally:
        client.close()
    assert len(questions) >= 12
    whole = [question for question, plan in zip(questions, plans, strict=True) if "COLLSCAN" in str(plan)]
    assert not whole
