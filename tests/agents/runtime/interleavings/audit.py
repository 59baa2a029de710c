"""What must be true after every story: each command one effect, versions gapless, nothing left to send."""

from collections import defaultdict

import msgspec

from agents.runtime.leases import Lease
from tests.agents.runtime.interleavings.scene import Owner, Record, Scene
from topics import headers


def header(record: Record, name: str) -> str:
    return dict(record.headers)[name].decode()


def effects(events: list[Record]) -> dict[str, list[str]]:
    """Key → the commands that took effect, in the order of versions, as a reader of the topic sees it."""
    versions: dict[str, dict[int, str]] = defaultdict(dict)
    causes: dict[str, list[str]] = defaultdict(list)
    totals: dict[str, int] = defaultdict(int)
    for event in events:
        key, version = (event.key or b"").decode(), int(header(event, headers.SEQUENCE))
        seen = versions[key]
        if version <= len(seen):
            assert seen[version] == header(event, headers.ID), f"{key}: another event has version {version}"
            continue
        assert version == len(seen) + 1, f"{key}: version {version} comes after {len(seen)}"
        seen[version] = header(event, headers.ID)
        causes[key].append(header(event, headers.CAUSATION))
        body = msgspec.json.decode(event.value or b"")
        totals[key] += body["amount"]
        assert body["total"] == totals[key], f"{key}: the total is not the sum of the amounts"
    for key, commands in causes.items():
        assert len(set(commands)) == len(commands), f"{key}: a command took effect twice: {commands}"
    return dict(causes)


async def audit(scene: Scene, owner: Owner, lease: Lease, **expected: list[str]) -> None:
    """expected: for each key the ids of the commands that take effect, in order."""
    await owner.settle(lease)
    assert effects(await scene.events()) == expected
    assert await scene.rows("select seq from outbox") == [], "the outbox is not empty"
    known = [row["id"] for row in await scene.rows("select id from inbox")]
    taken = [id for ids in expected.values() for id in ids]
    assert len(known) == len(set(known)) and (not known or set(taken) <= set(known)), "the inbox has each id once"
    stored = {row["id"]: row["version"] for row in await scene.rows("select id, version from aggregate")}
    assert stored == {key: len(ids) for key, ids in expected.items()}, "store and topic tell the same"
