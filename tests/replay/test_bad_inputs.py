"""Every bad input at once, to a domain that really runs: dead-lettered, mended by hand, and then each takes effect once and in
the order in which they were sent."""

from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from infra.stack.stack import Stack
from replay.tools import Tools
from stores.kafka.log import Logged
from stores.kafka.raw import RawRecord
from tests.deadline import until
from tests.replay.scene import Desk, running
from topics.messages import ids

_SOURCE = b"kafka/user_commands"
_CHANGE = ("ce_type", b"ChangeProfile")
_BAD: dict[str, tuple[tuple[tuple[str, bytes], ...], bytes | None]] = {
    "broken JSON": ((_CHANGE,), b'{"full_name": "1'),
    "wrong shape": ((_CHANGE,), b'{"full_name": 2}'),
    "unknown type": ((("ce_type", b"Nonsense"),), b'{"full_name": "3"}'),
    "empty value": ((_CHANGE,), None),
    "1 MB body": ((_CHANGE,), b'{"full_name": "' + b"x" * 1_000_000 + b'"}'),
    "absent headers": ((), b'{"full_name": "6"}'),
    "alien headers": ((("x-\u0131", b"\xff\x00"), _CHANGE, ("ce_id", b"\xff")), b'{"full_name": "7"}'),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def users(servers: Stack, tools: Tools) -> AsyncGenerator[None]:
    async with running(servers, "agents", "user"):
        yield


async def _letters(desk: Desk, key: str, count: int) -> list[Logged]:
    async def so_many() -> list[Logged]:
        found = await desk.all_of("user_commands_dlq", key)
        return found if len(found) >= count else []

    return await until(f"{count} dead letters", so_many)


async def _names(desk: Desk, key: str) -> list[str]:
    found = await desk.all_of("user_events", key)
    return [msgspec.json.decode(r.body or b"")["profile"]["full_name"] for r in found]


@pytest.mark.usefixtures("users")
async def test_mended_by_hand_all_take_effect_once_and_in_order(desk: Desk, tmp_path: Path) -> None:
    key, fixed = ids.fresh(), tmp_path / "fixed"
    profile = b'{"full_name":"0","born_date":"1990-01-01","gender":"x","phone":"+90 555 111 22 33"}'
    first = RawRecord("user_commands", key.encode(), [("ce_type", b"CompleteProfile")], profile)
    bad = [RawRecord("user_commands", key.encode(), named, body) for named, body in _BAD.values()]
    await desk.publish(first, *bad)
    letters = await _letters(desk, key, len(bad))
    assert [letter.body for letter in letters] == [record.body for record in bad], "each as it came"

    for number, letter in enumerate(letters, start=1):
        fixed.write_bytes(b'{"full_name":"%d"}' % number)
        code, out = await desk.run(*_mended(letter, fixed))
        assert code == 0, out
    expected = [str(number) for number in range(len(bad) + 1)]
    await _until_named(desk, key, expected[-1])
    assert await _names(desk, key) == expected, "each once, in order"

    code, out = await desk.run(*_mended(letters[0], fixed))
    assert code == 1 and "decided already" in out
    copies = [r for r in await desk.all_of("user_commands", key) if dict(r.headers).get("ce_source") == _SOURCE]
    assert len(copies) == len(bad)
    last = RawRecord("user_commands", key.encode(), [_CHANGE], b'{"full_name":"last"}')
    await desk.publish(*(RawRecord(r.topic, r.key, r.headers, r.body) for r in copies), last)
    await _until_named(desk, key, "last")
    assert await _names(desk, key) == [*expected, "last"], "sent a second time they have no effect"
    versions = [int(dict(r.headers)["ce_sequence"]) for r in await desk.all_of("user_events", key)]
    assert versions == list(range(1, len(expected) + 2))


def _mended(letter: Logged, body: Path) -> list[str]:
    name = dict(letter.headers)["dlq_id"].decode()
    edits = ["--body", str(body), "--header", "ce_type=ChangeProfile", "--yes"]
    return ["dlq", "redrive", "user_commands", "--id", name, *edits]


async def _until_named(desk: Desk, key: str, name: str) -> None:
    async def named() -> bool:
        return (await _names(desk, key))[-1:] == [name]

    await until(f"the profile is named {name}", named)
