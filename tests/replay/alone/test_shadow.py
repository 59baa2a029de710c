"""Questions about what agents of address have really decided, stored and shown. Nothing that is asked changes anything."""

import hashlib
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest
import pytest_asyncio
from msgspec.structs import replace

from agents.address import decider, projection
from infra.stack.stack import Stack
from replay.log.scan import Progress
from replay.questions import decide, replay
from replay.tools import Tools
from stores.kafka.raw import RawRecord
from stores.redis.connection import connect
from tests.deadline import until
from tests.replay.scene import Desk, running
from topics import keys
from topics.contracts import address_commands
from topics.contracts.address_commands import AddAddress, Command, RemoveAddress
from topics.messages import headers, ids
from topics.messages.ids import derive

HOME = AddAddress(title="Home", address="Moda Caddesi 12", city="İstanbul", district="Kadıköy")
LIVELY = (b"views:running:", b"views:grace:", b"views:removing:", b"wrote:")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(servers: Stack, tools: Tools) -> AsyncGenerator[None]:
    async with running(servers, "agents", "address"):
        yield


class Ada:
    """A user with two addresses, of which the first one was removed; and a third command, which was refused."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.id = desk, f"ada-{ids.fresh()}"
        self.commands: list[str] = []

    async def says(self, message: Command) -> str:
        id = ids.fresh()
        said = {
            headers.ID: id, headers.TYPE: type(message).__name__, headers.SOURCE: "lezzet/edge", headers.OPERATION: id,
            headers.CALLER: self.id, headers.CORRELATION: f"flow of {self.id}",
        }  # fmt: skip
        raw = [(name, value.encode()) for name, value in said.items()]
        body = address_commands.TOPIC.encode(message)
        await self.desk.publish(RawRecord(address_commands.TOPIC.name, self.id.encode(), raw, body))
        self.commands.append(id)
        return id

    async def shown(self) -> bool:
        async with self.desk.tools.view_generations() as generations, self.desk.tools.view_documents() as documents:
            live = (await generations.read(["address"]))["address"].now.live
            found = {} if live is None else await documents.of("address", live.tag, [self.id])
            return found.get(self.id, (0, b""))[0] == 3

    async def all_decided(self) -> bool:
        connection = await asyncpg.connect(self.desk.tools.settings.postgres)
        try:
            return await connection.fetchval(
                "select count(*) from address.inbox where id = any($1)", self.commands
            ) == len(self.commands)
        finally:
            await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def ada(desk: Desk, address: None) -> Ada:
    made = Ada(desk)
    first = await made.says(HOME)
    await made.says(replace(HOME, title="Work"))
    await made.says(RemoveAddress(address_id=derive(first, "address")))
    await made.says(RemoveAddress(address_id="nothing"))
    await until("the view shows what was said", made.shown)
    await until("the refused command is decided, too", made.all_decided)
    return made


async def test_state_is_told_at_every_version_with_what_each_event_changed(ada: Ada):
    code, out = await ada.desk.run("state", ada.id, "--json")
    (found,) = json.loads(out)["found"]
    assert code == 0 and (found["domain"], found["version"], found["complete"]) == ("address", 3, True)
    events = [moment["event"] for moment in found["moments"]]
    assert events == ["AddressAdded", "AddressAdded", "AddressRemoved"]
    assert len(found["state"]["addresses"]) == 1 and len(found["views"]["address"]["addresses"]) == 1
    _, out = await ada.desk.run("state", ada.id, "--at", "2")
    assert "version 2 of 3  complete: versions 1 to 3 without a gap" in out and "AddressRemoved" not in out


async def test_state_is_what_store_and_redis_hold_and_a_planted_bug_in_a_projector_is_found(
    ada: Ada, monkeypatch: pytest.MonkeyPatch
):
    _, out = await ada.desk.run("state", ada.id, "--diff", "--json")
    (found,) = json.loads(out)["found"]
    assert [(each["version"], each["differences"]) for each in found["compared"]] == [(3, []), (3, [])]
    _plant(monkeypatch)
    _, out = await ada.desk.run("state", ada.id, "--diff")
    assert "version 3, 1 field differs" in out and "addresses.0.city" in out, out
    assert len(out.splitlines()) < 40, "one screen"


async def test_decide_finds_all_the_same_and_a_planted_bug(ada: Ada, monkeypatch: pytest.MonkeyPatch):
    code, out = await ada.desk.run("decide", "address", "--id", ada.id, "--json")
    found = json.loads(out)
    assert code == 0 and (found["commands"], found["same"]) == (4, 4), found
    real = decider._add  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(decider, "_add", lambda c, book, context: real(replace(c, district="Beşiktaş"), book, context))
    code, out = await ada.desk.run("decide", "address", "--id", ada.id)
    assert code == 1 and "2 AddAddress: event 1 AddressAdded.address.district" in out, out
    assert len(out.splitlines()) < 25, "one screen"


async def test_several_processes_find_what_one_finds(ada: Ada, monkeypatch: pytest.MonkeyPatch):
    _plant(monkeypatch)  # so that there are examples, too
    real = decider._add  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(decider, "_add", lambda c, book, context: real(replace(c, district="Beşiktaş"), book, context))

    async def found(processes: int) -> list[dict[str, Any]]:
        decided = await decide.decide(ada.desk.tools, "address", processes=processes)
        replayed = await replay.replay(
            ada.desk.tools, "address_events", "view:address", replay.Asked(), processes=processes
        )
        return [{**each.data(), "seconds": 0} for each in (decided, replayed)]

    one = await found(1)
    assert one[0]["different"] > 0 and one[0]["examples"] and one[1]["events"] >= 3 and one[1]["examples"]
    assert await found(3) == await found(4) == one


async def test_what_may_take_long_tells_how_far_it_is(ada: Ada, monkeypatch: pytest.MonkeyPatch):
    told = list[tuple[str, int, int]]()
    monkeypatch.setattr(Progress, "at", lambda self, passed: told.append((self.what, passed, self.of)))
    monkeypatch.setattr(decide, "_TELLS", 1)
    for question in (decide, replay):
        monkeypatch.setattr(question, "cores", lambda: 1)
    for said in (("decide", "address"), ("replay", "address_events"), ("views", "diff", "address")):
        code, out = await ada.desk.run(*said)
        assert code == 0, out
    assert {what for what, _, _ in told} == {"decided", "replayed", "folded"}
    assert all(0 < passed <= of for _, passed, of in told), told


async def test_a_view_is_compared_document_by_document(ada: Ada, monkeypatch: pytest.MonkeyPatch):
    code, out = await ada.desk.run("views", "diff", "address", "--json")
    found = json.loads(out)
    assert code == 0 and found["documents"] == found["same"] > 0, found
    _plant(monkeypatch)
    code, out = await ada.desk.run("views", "diff", "address")
    assert code == 1 and "in addresses.*.city" in out and ", 0 the same," in out, out
    assert len(out.splitlines()) < 25, "one screen"


async def test_what_is_missing_or_too_many_in_a_live_view_is_told(ada: Ada):
    redis = connect(ada.desk.tools.settings.redis)
    try:
        async with ada.desk.tools.view_generations() as generations:
            live = (await generations.read(["address"]))["address"].now.live
        assert live is not None
        mine, foreign = (
            keys.in_generation(keys.document("address", id), live.tag) for id in (ada.id, f"nobody-{ada.id}")
        )
        kept = await redis.get(mine) or b""
        await redis.rename(mine, foreign)
        code, out = await ada.desk.run("views", "diff", "address", "--json")
        found = json.loads(out)
        assert code == 1 and (found["missing"], found["surplus"]) == ([ada.id], [f"nobody-{ada.id}"])
        await redis.delete(foreign)
        await redis.set(mine, kept)
    finally:
        await redis.aclose()


async def test_nothing_that_is_asked_changes_anything(ada: Ada):
    await _all_is_sent(ada.desk.tools)
    before = await _everything(ada.desk.tools)
    for said in (
        ("state", ada.id, "--diff"), ("decide", "address"), ("views", "diff", "address"), ("replay", "address_events"),
        ("replay", "address_commands"), ("record", ada.commands[0]),
    ):  # fmt: skip
        code, out = await ada.desk.run(*said)
        assert code == 0, out
    after = await _everything(ada.desk.tools)
    assert after.kept == before.kept
    assert after.passing.items() <= before.passing.items(), "what has a time to live may have reached its end meanwhile"


async def test_messages_of_a_topic_are_replayed_into_a_view_facts_or_decisions(ada: Ada, tmp_path: Path):
    file = tmp_path / "made.jsonl"
    code, out = await ada.desk.run("replay", "address_events", "--key", ada.id, "--out", str(file), "--json")
    found, (row,) = json.loads(out), map(json.loads, file.read_text().splitlines())
    assert code == 0 and (found["events"], found["documents"], found["into"]) == (3, 1, "view address")
    assert (row["id"], row["version"], row["document"]["addresses"][0]["address"]) == (ada.id, 3, "[personal]")
    code, out = await ada.desk.run("replay", "address_events", "--into", "facts:order.books", "--key", ada.id, "--json")
    assert code == 0 and json.loads(out)["documents"] == 1
    only = ("--key", ada.id, "--type", "AddressAdded", "--json")
    _, out = await ada.desk.run("replay", "address_events", *only)
    assert json.loads(out)["events"] == 2
    code, out = await ada.desk.run("replay", "address_commands", "--key", ada.id, "--json")
    assert code == 0 and json.loads(out)["same"] == 4


async def test_a_condition_chooses_the_messages_that_are_replayed(ada: Ada, tmp_path: Path):
    mine = f'key == "{ada.id}"'
    where = f'{mine} && type == "AddressAdded" && body.address.title == "Work"'
    file = tmp_path / "made.jsonl"
    code, out = await ada.desk.run("replay", "address_events", "--where", where, "--out", str(file), "--json")
    found, (row,) = json.loads(out), map(json.loads, file.read_text().splitlines())
    assert code == 0 and (found["events"], found["documents"], row["version"]) == (1, 1, 2)
    code, out = await ada.desk.run("replay", "address_events", "--where", f"{mine} && version > 1", "--json")
    assert code == 0 and json.loads(out)["events"] == 2
    code, out = await ada.desk.run(
        "replay", "address_commands", "--where", f'{mine} && type == "RemoveAddress"', "--json"
    )
    found = json.loads(out)
    assert code == 0 and (found["commands"], found["same"]) == (2, 2), "on the state that the other commands led to"
    _, out = await ada.desk.run("replay", "address_events", "--where", f'{mine} && type == "Nothing"', "--json")
    assert json.loads(out)["events"] == 0


async def test_a_recorded_flow_is_played_without_servers_and_holds_nobodys_data(ada: Ada, tmp_path: Path):
    file = tmp_path / "set.jsonl"
    code, out = await ada.desk.run("record", ada.commands[0])
    assert code == 0 and "Moda" not in out and "Home" not in out
    file.write_text(out)
    code, out = await ada.desk.run("play", str(file))
    assert code == 0 and "address: 4 commands; 4 decided the same" in out, out


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (("state", "nobody-at-all"), "no aggregate of any domain has the id 'nobody-at-all'"),
        (("state", "x", "--domain", "adress"), "no domain 'adress'; did you mean address"),
        (("state", "x", "--at", "yesterday"), "--at: 'yesterday' is neither a version, nor a time"),
        (("decide", "adress"), "no domain 'adress'; did you mean address"),
        (("decide", "address", "--since", "soon"), "--since: 'soon' is neither an age"),
        (("views", "diff", "adress"), "no view 'adress'; did you mean address"),
        (("replay", "adress_events"), "no topic 'adress_events'; did you mean address_events"),
        (("replay", "address_events", "--into", "view:adress"), "no shadow 'view:adress'; did you mean view:address"),
        (("replay", "address_events", "--into", "decision"), "address_events is no topic of commands"),
        (
            ("replay", "address_events", "--where", "body.title ="),
            "--where: Syntax error: token recognition error at: '=', at character 12: body.title ⟨here⟩=",
        ),
        (
            ("replay", "address_events", "--where", "version"),
            "--where: 'version' is no condition: it gives INT, not BOOL",
        ),
        (("play", "/nowhere/set.jsonl"), "/nowhere/set.jsonl: No such file or directory"),
    ],
)
async def test_what_cannot_be_asked_is_one_line_and_exit_code_2(desk: Desk, said: tuple[str, ...], line: str):
    code, out = await desk.run(*said)
    assert code == 2 and line in out and "\n" not in out


async def test_a_version_that_is_not_there_is_told_with_those_that_are(ada: Ada):
    code, line = await ada.desk.run("state", ada.id, "--at", "9")
    assert code == 2 and "address has versions 1 to 3" in line
    code, line = await ada.desk.run("state", ada.id, "--at", "2020-01-01T00:00")
    assert code == 2 and "address has versions 1 to 3, from " in line


def _plant(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in what the view shows of an address."""
    real = projection.entry
    monkeypatch.setattr(projection, "entry", lambda *said: replace(real(*said), city="Ankara"))


async def _all_is_sent(tools: Tools) -> None:
    """What is published stands in an outbox until its partition rests."""
    connection = await asyncpg.connect(tools.settings.postgres)

    async def sent() -> bool:
        rows = await connection.fetch("select schemaname from pg_tables where tablename = 'outbox'")
        left = [await connection.fetchval(f'select count(*) from "{name}".outbox') for (name,) in rows]
        return bool(left) and not any(left)

    try:
        await until("empty outboxes", sent)
    finally:
        await connection.close()


class Everything(NamedTuple):
    """Ends of all topics, and digests of all tables and keys. passing: of keys with a time to live."""

    kept: dict[str, Any]
    passing: dict[str, str]


async def _everything(tools: Tools) -> Everything:
    async with tools.log() as log:
        found: dict[str, Any] = {f"{p}": b for p, b in (await log.bounds(log.places(log.topics))).items()}
    connection = await asyncpg.connect(tools.settings.postgres)
    try:
        tables = await connection.fetch(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname !~ '^(pg_|information)'"
        )
        for (name,) in tables:
            text = f"select md5(string_agg(t::text, '|' order by t::text)) from {name} t"
            found[name] = await connection.fetchval(text)
    finally:
        await connection.close()
    passing = dict[str, str]()
    for url in (tools.settings.redis, tools.settings.redis_baskets):
        redis = connect(url)
        async for name in redis.scan_iter():
            if not name.startswith(LIVELY) and (value := await redis.dump(name)) is not None:
                of = found if await redis.ttl(name) == -1 else passing
                of[f"{url} {name}"] = hashlib.sha256(value).hexdigest()
        await redis.aclose()
    return Everything(found, passing)
