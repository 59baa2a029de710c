"""`./lezzet topics reread`: copies of facts are made anew beside the agents that keep them, and nothing else is done again."""

import asyncio
import json
import sys
import uuid
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from agents import reread as module
from agents.command_line import CannotDo
from agents.reread import Report, reread
from infra.layout.folders import CHECKOUT
from stores.errors import Stale
from stores.postgres.rereading import PostgresFacts
from stores.postgres.store import PostgresStore, connect
from stores.protocol import Changes, FactWrite, Missed, Source
from tests.deadline import within
from tests.replay.scene import Desk, record
from topics.contracts import address_events
from topics.contracts.address_events import AddressAdded, AddressRemoved
from topics.copies import BookCopy

TOPIC, GROUP, TABLE = address_events.TOPIC, "order.project", "books"
EXAMPLE = msgspec.json.decode(
    (CHECKOUT / "topics/examples/address_events/AddressAdded.json").read_bytes(), type=AddressAdded
)


class Books:
    """The order domain's copies of a test's address books, as its agents keep them."""

    def __init__(self, desk: Desk, store: PostgresStore, pool: Any) -> None:
        self.desk, self.store, self.pool = desk, store, pool
        self.run = uuid.uuid4().hex[:8]

    def key(self, name: str) -> str:
        return f"{self.run}-{name}"

    async def happens(
        self, name: str, version: int, *, kind: str = "AddressAdded", source: str = "lezzet/address"
    ) -> Source:
        """An event on the topic. Returns the partition."""
        address = msgspec.structs.replace(EXAMPLE.address, id=f"address {version}")
        event = AddressAdded(address=address, default_id=address.id)
        body = TOPIC.encode(
            AddressRemoved(address_id="address 1", default_id=None) if kind == "AddressRemoved" else event
        )
        key = self.key(name)
        said = record(
            TOPIC.name, key, body, id=f"{key} {version}", type=kind, source=source, subject=key, sequence=str(version),
            time="2026-03-01T18:30:00+00:00",
        )  # fmt: skip
        ((partition, _),) = await self.desk.publish(said)
        return Source(GROUP, TOPIC.name, partition)

    async def kept(self, source: Source, name: str, version: int, body: str | None, **more: Any) -> None:
        """The agents have copied this."""
        floor = await self.store.open(source, 0)
        moment = await self.store.look([source])
        facts = [FactWrite(TABLE, self.key(name), version, body)]
        await self.store.write(moment, {source: Changes(next=floor.next, facts=facts, **more)})

    async def copy(self, name: str) -> tuple[int, Any] | None:
        found = (await self.store.look([Source(GROUP, TOPIC.name, 0)], facts=[(TABLE, self.key(name))])).facts
        fact = found.get((TABLE, self.key(name)))
        return None if fact is None else (fact.version, fact.body and json.loads(fact.body))

    async def reread(self, *, write: bool) -> Report:
        return await reread(self.desk.tools.settings, TOPIC, GROUP, write=write)


@pytest_asyncio.fixture(loop_scope="session")
async def books(desk: Desk) -> AsyncGenerator[Books]:
    pool = await connect(desk.tools.settings.postgres, "order")
    yield Books(desk, PostgresStore(pool, "order"), pool)
    pool.terminate()


def _ids(copy: tuple[int, Any] | None) -> Any:
    return copy and (copy[0], [*msgspec.convert(copy[1], BookCopy).addresses] if copy[1] else copy[1])


async def test_copies_of_an_older_form_and_those_left_behind_are_made_anew(books: Books) -> None:
    for name in ("thin", "behind", "new"):
        for version in (1, 2):
            source = await books.happens(name, version)
            if (name, version) != ("new", 2):
                await books.kept(source, name, version if name == "thin" else 1, '{"default_id":null}')
    await books.pool.execute("delete from fact where key = $1", books.key("new"))
    before = await books.copy("thin")
    found = await books.reread(write=False)
    assert found.different >= 3 and found.written == 0
    assert await books.copy("thin") == before, "a dry run"
    done = await books.reread(write=True)
    assert done.written >= 3 and not done.left
    for name in ("thin", "behind", "new"):
        assert _ids(await books.copy(name)) == (2, ["address 1", "address 2"])
    assert (await books.reread(write=True)).written == 0, "there is nothing more to do"


async def test_a_copy_that_the_agents_change_meanwhile_is_made_anew_too(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await books.happens("a", 1)
    await books.kept(source, "a", 1, "{}")
    write, late = PostgresFacts.write, list[Any]()

    async def slow(self: PostgresFacts, at: Source, facts: Sequence[FactWrite]) -> Any:
        if not late and any(fact.key == books.key("a") for fact in facts):
            late.append(await books.happens("a", 2))
            await books.kept(source, "a", 2, '{"default_id":"of the old form"}')
        return await write(self, at, facts)

    monkeypatch.setattr(PostgresFacts, "write", slow)
    await books.reread(write=True)
    assert late and _ids(await books.copy("a")) == (2, ["address 1", "address 2"])


async def test_who_looked_before_a_copy_was_made_anew_writes_nothing_of_the_old_one(books: Books) -> None:
    source = await books.happens("a", 1)
    await books.kept(source, "a", 1, "{}")
    moment = await books.store.look([source])
    await books.reread(write=True)
    with pytest.raises(Stale):
        facts = [FactWrite(TABLE, books.key("a"), 2, '{"default_id":"made of the old one"}')]
        await books.store.write(moment, {source: Changes(next=moment.floors[source].next + 1, facts=facts)})
    assert _ids(await books.copy("a")) == (1, ["address 1"])


async def test_it_moves_no_floor_and_nothing_waits_for_other_code_afterwards(books: Books) -> None:
    source = await books.happens("a", 1)
    await books.kept(source, "a", 1, "{}", missed=Missed(0, "old"))
    before = (await books.store.look([source])).floors[source]
    report = await books.reread(write=True)
    after = (await books.store.look([source])).floors[source]
    assert after.next == before.next
    again, _ = await books.store.again(source, after.epoch, "new")
    assert (again is None) == (not report.bad), "other tests may have left what cannot be made"


async def test_what_cannot_be_made_stays_as_it_is_and_is_said(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PER_PASS", 1)  # the partition is read in several parts
    source = await books.happens("gap", 2)
    await books.kept(source, "gap", 1, '{"default_id":"kept"}')
    await books.happens("newer", 1, kind="AddressMoved")
    source = await books.happens("garbage", 1, kind="AddressMoved", source="somebody")
    await books.happens("fine", 1)
    report = await books.reread(write=True)
    assert "version gap: 0 was seen, 2 came" in report.bad[TABLE, books.key("gap")]
    assert "unknown type" in report.bad[TABLE, books.key("newer")]
    assert (TABLE, books.key("garbage")) not in report.bad
    assert await books.copy("gap") == (1, {"default_id": "kept"})
    assert _ids(await books.copy("fine")) == (1, ["address 1"])


@pytest.mark.parametrize(
    ("group", "why"),
    [
        ("order.decide", "decides or has effects"),
        ("notification.effect", "decides or has effects"),
        ("address.project", "makes no copies of address_events; views"),
        ("orders.project", "no group 'orders.project'"),
        ("order", "no group 'order'"),
    ],
)
async def test_whoever_makes_no_copies_is_refused(books: Books, group: str, why: str) -> None:
    with pytest.raises(CannotDo, match=why):
        await reread(books.desk.tools.settings, TOPIC, group, write=True)


async def _command(books: Books, *arguments: str) -> tuple[int | None, str]:
    settings = books.desk.tools.settings
    environment = {
        "KAFKA_BROKERS": str(settings.kafka),
        "POSTGRES_URL": settings.postgres,
        "REDIS_URL": settings.redis,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "replay", "topics", "reread", *arguments,
        cwd=CHECKOUT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await within("it ends by itself", process.communicate())
    return process.returncode, out.decode()


async def test_the_command_is_a_dry_run_and_refuses_in_one_line(books: Books) -> None:
    await books.kept(await books.happens("a", 1), "a", 1, "{}")
    _, out = await _command(books, TOPIC.name, "--group", GROUP)
    assert "copies would be written anew" in out and "dry run" in out
    code, out = await _command(books, TOPIC.name, "--group", GROUP, "--json")
    found = json.loads(out)
    assert code == (1 if found["bad"] or found["left"] else 0)  # other tests leave aggregates that cannot be made
    assert books.key("a") not in str(found["bad"])
    assert found["different"] >= 1 and (found["group"], found["done"], found["written"]) == (GROUP, False, 0)
    assert await books.copy("a") == (1, {})
    code, out = await _command(books, TOPIC.name, "--group", "order.decide", "--yes")
    assert code == 1 and out.startswith("lezzet topics: order.decide decides or has effects") and out.count("\n") == 1
    code, out = await _command(books, TOPIC.name, "--group", "orders.project")
    assert code == 2 and "no group 'orders.project'; did you mean order.project" in out and out.count("\n") == 1
    code, out = await _command(books, "address_event", "--group", GROUP)
    assert code == 2 and "did you mean address_events" in out
