"""A command that only newer code knows waits with its key, and code that knows it has it decided."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from agents.newer import Freeing
from agents.runtime.deciding.consequences import Roles
from agents.runtime.deciding.deciding import Deciding
from agents.runtime.deciding.unit_of_work import NEWER
from stores.engineering import ParkedKey
from stores.errors import Unavailable
from stores.protocol import OutboxRow, ParkedRow
from tests.agents.runtime.tally import Add, Tally, claims, decide, evolve
from tests.agents.runtime.world import Process, World
from topics.contracts import all_topics
from topics.deciding.decision import Context, Decider, Decision
from topics.messages import headers
from topics.messages.message import Message
from topics.messages.redrive import TYPE, Redrive
from topics.messages.topic import Topic

OURS = {headers.SOURCE: "lezzet/edge"}


class Double(Message, frozen=True):
    """What the next release knows, too."""

    times: int = 2


def _newly(command: Add | Double, tally: Tally, facts: None, context: Context) -> Decision[Any]:
    said = Add(amount=tally.total) if isinstance(command, Double) else command
    return decide(said, tally, facts, context)


def _claims(command: Add | Double, aggregate_id: str, caller: str | None) -> list[tuple[str, str]]:
    return [] if isinstance(command, Double) else claims(command, aggregate_id, caller)


NEW: Decider[Any, Any, Tally, None] = Decider(state=Tally, decide=_newly, evolve=evolve, claims=_claims)


async def updated(world: World) -> Process:
    """A process of the next release."""
    process, topic = await world.process(decider=NEW), world.commands
    known = Topic(
        name=topic.name, messages=(Add, Double), key=topic.key, producers=topic.producers, consumers=topic.consumers,
        append_time=True, partitions=1,
    )  # fmt: skip
    roles = Roles(known, world.events, NEW, None)
    process.work = Deciding(roles, process.store, process.drain, world.fates, None)  # type: ignore[arg-type]
    return process


async def test_it_parks_its_key_and_newer_code_decides_all_in_order(world: World):
    log = [world.say(amount=3), world.say(type="Double", body=b"{}", id="double", more=OURS)]
    log += [world.say(amount=1, id="behind"), world.say("b", 5)]
    old = await world.process()
    await old.do(await old.open(), log)
    assert (await world.totals("a"), await world.totals("b")) == ([3], [5])
    (dead,) = await world.dead()
    assert dict(dead.headers)[headers.DLQ_PARKED] == b"1"
    assert dict(dead.headers)[headers.DLQ_REASON].startswith(NEWER.encode())
    await old.do(await old.open(), [world.redrive("a")])
    assert await world.totals("a") == [3], "the old release cannot decide it either"
    new = await updated(world)
    await new.do(await new.open(), [world.redrive("a"), world.say(amount=10)])
    assert await world.totals("a") == [3, 6, 7, 17]


async def test_a_newer_version_of_a_known_type_waits_too_and_counts_as_no_fault(world: World):
    process = await world.process()
    newer = OURS | {headers.SCHEMA_VERSION: "2"}
    lease = await process.open()
    await process.do(lease, [world.say(f"k{n}", amount=1, id=f"x{n}", more=newer) for n in range(30)])
    assert len(await world.dead()) == 30 and not lease.held_back
    assert await process.store.raised(lease.source) == 0


@pytest.mark.parametrize(
    "said", [{"more": OURS, "body": b"{"}, {"type": "Rocket"}, {"type": "Rocket", "key": None, "more": OURS}]
)
async def test_what_no_release_can_read_or_others_publish_parks_nothing(world: World, said: dict[str, Any]):
    process = await world.process()
    await process.do(await process.open(), [world.say(**said), world.say(amount=2)])
    (dead,) = await world.dead()
    assert headers.DLQ_PARKED not in dict(dead.headers)
    assert await world.totals() == [2]


class Parked:
    """Stores in which one key is parked for each of these first messages."""

    def __init__(self, rows: Mapping[str, ParkedRow]) -> None:
        self.rows = rows

    async def parked_keys(self, topic: str | None = None) -> Sequence[ParkedKey]:
        return [
            ParkedKey("address", "address_commands", key, 1, row.id, row.source, row.at, row.reason)
            for key, row in self.rows.items()
        ]

    async def parked(self, domain: str, topic: str, key: str, most: int) -> Sequence[ParkedRow]:
        return [self.rows[key]]


class Publishing(list[OutboxRow]):
    away = False

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        if self.away:
            raise Unavailable("Kafka", "is away")
        self.extend(rows)


def row(key: str, type: str, reason: str) -> ParkedRow:
    named = ((headers.TYPE, type.encode()), (headers.CORRELATION, b"flow"))
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return ParkedRow(
        key=key, offset=1, source="lezzet/edge", id=f"id {key}", at=at, headers=named, body=b"{}", reason=reason
    )


async def test_each_key_whose_command_is_known_now_is_ordered_once():
    known = next(t.__name__ for t in all_topics()["address_commands"].messages if not t.__struct_fields__)
    rows = {
        "mine": row("mine", known, f"{NEWER}: ce_type: unknown type"),
        "newer still": row("newer still", "Rocket", f"{NEWER}: ce_type: unknown type"),
        "raised": row("raised", known, "ValueError: no"),
    }
    sent = Publishing()
    freeing = Freeing(sent, ["address"])  # type: ignore[arg-type]
    sent.away = True
    with pytest.raises(Unavailable):
        await freeing.round(Parked(rows))  # type: ignore[arg-type]
    sent.away = False
    assert await freeing.round(Parked(rows)) == 1  # type: ignore[arg-type]
    assert await freeing.round(Parked(rows)) == 0  # type: ignore[arg-type]
    [order] = sent
    assert (order.target, order.key) == ("address_commands", b"mine")
    assert dict(order.named or [])[headers.TYPE] == TYPE.encode()
    assert msgspec.json.decode(order.body or b"", type=Redrive) == Redrive()
    assert await freeing.round(Parked({})) == 0 and not freeing._ordered  # type: ignore[arg-type]
