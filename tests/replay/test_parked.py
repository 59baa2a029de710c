"""Parked keys, with a domain that really runs: listed, shown, decided again in order, with repaired bodies or without."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from infra.stack.stack import Stack
from replay.dlq.unparking import SHOWN
from replay.tools import Tools
from stores.kafka.admin import make_topics
from stores.postgres.migrate import migrate
from tests.deadline import until
from tests.replay.scene import Desk, record, running
from tests.replay.tallying import COMMANDS, EVENTS
from topics.messages import ids


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tally(servers: Stack, tools: Tools) -> AsyncGenerator[None]:
    await make_topics(tools.settings.kafka, [COMMANDS, EVENTS])
    await asyncio.to_thread(migrate, tools.settings.postgres, "tally")
    async with running(servers, "tests.replay.tallying"):
        yield


async def _add(desk: Desk, key: str, *amounts: int) -> None:
    await desk.publish(
        *(
            record("tally_commands", key, b'{"amount":%d}' % n, id=f"{key}-{n}", type="Add", source="test")
            for n in amounts
        )
    )


async def _amounts(desk: Desk, key: str) -> list[int]:
    return [msgspec.json.decode(r.body or b"")["amount"] for r in await desk.all_of("tally_events", key)]


async def _decided(desk: Desk, key: str, *amounts: int) -> None:
    """And nothing else. Its events go out after it is decided."""

    async def all_there() -> bool:
        return len(await _amounts(desk, key)) >= len(amounts)

    await until("all are decided", all_there)
    assert await _amounts(desk, key) == [*amounts]


async def _parked(desk: Desk, key: str, count: int) -> None:
    async def so_many() -> bool:
        async with desk.tools.domains() as domains:
            return len(await domains.parked("tally", "tally_commands", key, count + 1)) == count

    await until(f"{count} messages are parked", so_many)


@pytest.mark.usefixtures("tally")
async def test_is_listed_and_shown_with_what_waits_behind(desk: Desk) -> None:
    key = ids.fresh()
    await _add(desk, key, 1, 13, 2, 3)
    await _parked(desk, key, 3)
    code, out = await desk.run("dlq", "list", "tally_commands")
    assert code == 0 and f"parked: tally_commands key={key}: 3 messages" in out
    _, out = await desk.run("dlq", "list", "--json")
    mine = next(row for row in json.loads(out)["parked"] if row["key"] == key)
    assert (mine["domain"], mine["messages"], mine["id"]) == ("tally", 3, f"{key}-13")
    _, out = await desk.run("dlq", "show", "tally_commands", f"{key}-13")
    assert "13 brings bad luck" in out and "state: parked" in out and '{"amount":13}' in out
    assert [line.split("id=")[1].split()[0] for line in out.splitlines() if "waits with it" in line] == [
        f"{key}-2", f"{key}-3",
    ]  # fmt: skip
    _, out = await desk.run("dlq", "show", "tally_commands", f"{key}-13", "--json")
    assert [row["id"] for row in json.loads(out)["waiting"]] == [f"{key}-2", f"{key}-3"]


@pytest.mark.usefixtures("tally")
async def test_a_repaired_body_keeps_its_place_while_new_messages_arrive(desk: Desk, tmp_path: Path) -> None:
    key = ids.fresh()
    await _add(desk, key, 1, 13, 2)
    await _parked(desk, key, 2)
    (tmp_path / "body").write_bytes(b'{"amount":12}')
    order = ["dlq", "redrive", "tally_commands", "--id", f"{key}-13", "--body", str(tmp_path / "body")]
    code, out = await desk.run(*order)
    assert code == 0 and "repaired (13 bytes)" in out and "dry run" in out
    await _add(desk, key, 3)
    await _parked(desk, key, 3)
    code, out = await desk.run(*order, "--yes")
    assert (code, out.splitlines()[-1]) == (0, f"tally_commands key={key}: unparked")
    await _add(desk, key, 4)
    await _decided(desk, key, 1, 12, 2, 3, 4)
    _, out = await desk.run("dlq", "list", "tally_commands", "--json")
    assert [d["state"] for d in json.loads(out)["dead_letters"] if d["key"] == key] == ["taken"]


@pytest.mark.usefixtures("tally")
async def test_what_fails_again_stays_and_can_be_given_up(desk: Desk) -> None:
    key = ids.fresh()
    await _add(desk, key, 13, 2)
    await _parked(desk, key, 2)
    code, out = await desk.run("dlq", "redrive", "tally_commands", "--key", key, "--yes")
    assert code == 1 and "still parked, 2 messages" in out and f"id={key}-13 was refused again" in out
    code, out = await desk.run("dlq", "redrive", "tally_commands", "--key", key, "--yes", "--json")
    (again,), done = json.loads(out)["decide_again"], json.loads(out)["done"]
    assert code == 1 and (again["key"], again["messages"]) == (key, 2)
    assert done == {"keys": {"free": 0, "parked": 1, "under_way": 0, "not_sent": 0}, "sent": 0, "refused": 0}
    code, line = await desk.run("dlq", "redrive", "tally_commands", "--key", key, "--drop", "nobody")
    assert code == 1 and "nobody is not parked" in line
    code, out = await desk.run("dlq", "redrive", "tally_commands", "--key", key, "--drop", f"{key}-13", "--yes")
    assert code == 0 and "given up" in out and "unparked" in out
    await _decided(desk, key, 2)
    _, out = await desk.run("dlq", "list", "tally_commands", "--json")
    assert {d["state"] for d in json.loads(out)["dead_letters"] if d["key"] == key} == {"gone"}


@pytest.mark.usefixtures("tally")
async def test_many_keys_are_redriven_side_by_side_and_summed_up(desk: Desk) -> None:
    keys = [ids.fresh() for _ in range(3 * SHOWN)]
    for key in keys:
        await _add(desk, key, 1, 2, 13, 3)  # so many that are good, that the partitions are not held back
    for key in keys:
        await _parked(desk, key, 2)
    drops = [argument for key in keys for argument in ("--drop", f"{key}-13")]
    code, out = await desk.run("dlq", "redrive", "tally_commands", "--all", *drops)
    assert code == 0 and "keys more" in out and out.count("decide again: tally_commands") == SHOWN
    _, out = await desk.run("dlq", "redrive", "tally_commands", "--all", *drops, "--yes")
    assert f"{len(keys)} keys are free" in out, "those of other tests stay parked"
    for key in keys:
        await _decided(desk, key, 1, 2, 3)
