"""A decision waits for facts that its caller has seen and that its own copy does not know yet."""

import asyncio
from typing import Any

import msgspec
import pytest

from agents.runtime.deciding import patience
from agents.runtime.deciding.consequences import Roles
from agents.runtime.deciding.deciding import Deciding
from agents.runtime.reading.copying import Copying
from tests.agents.runtime.feed import Feed
from tests.agents.runtime.tally import Add, Added, Tally, evolve
from tests.agents.runtime.world import Process, World
from topics.deciding.decision import Context, Decider, Decision, accept
from topics.deciding.projection import FactTable, Shown

PAUSE = 0.05  # seconds between two tries


class Price(msgspec.Struct, frozen=True):
    of: int


class Facts(msgspec.Struct, frozen=True):
    prices: dict[str, Price]


class Shop:
    """A domain that charges by its own copy of prices; `prices` are events of the domain `<run>`."""

    def __init__(self, world: World, process: Process) -> None:
        self.world, self.process, self.feed = world, process, Feed(world.events)
        table = FactTable[Price, Added](
            name="prices", topic=self.feed.topic, document=Price, show=lambda _, event, meta: Shown(Price(event.amount))
        )

        def decide(command: Add, tally: Tally, facts: Facts, context: Context) -> Decision[Added]:
            price = facts.prices[command.note].of if command.note in facts.prices else 0
            return accept(Added(amount=price, total=tally.total + price))

        decider = Decider[Add, Added, Tally, Facts](
            state=Tally, decide=decide, evolve=evolve, facts=Facts, fact_tables=(table,),
            needs=lambda command, state: [("prices", command.note)] if command.note else [],
        )  # fmt: skip
        self.copying = Copying(self.feed.topic, [table], process.store, process.drain)  # type: ignore[arg-type]
        roles = Roles(world.commands, world.events, decider)
        process.work = Deciding(roles, process.store, process.drain, world.fates)  # type: ignore[arg-type]

    async def price(self, key: str, *amounts: int) -> None:
        """What the copy knows from now on."""
        lease = self.feed.lease(f"{self.world.run}.project")
        for amount in amounts:
            self.feed.event(key, len(self.feed.log) + 1, amount)
        await self.copying.open(lease, 0)
        await self.copying.run(self.feed.batch(lease))

    def buy(self, name: str, seen: int, **more: Any) -> Any:
        after = {"lezzet_after": msgspec.json.encode([[self.feed.topic.domain, self.world.key(name), seen]]).decode()}
        return self.world.say("buyer", fields={"note": self.world.key(name)}, more=after, **more)


@pytest.fixture
async def shop(world: World) -> Shop:
    return Shop(world, await world.process())


async def test_a_command_waits_until_the_copy_knows_what_its_caller_has_seen(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(patience, "SECONDS", 3600)
    lease = await shop.process.open()
    # so seldom that the copy is there before the tries of a batch are used up
    doing = asyncio.create_task(shop.process.do(lease, [shop.buy("kebap", 2)], PAUSE * 20))
    await asyncio.wait((doing,), timeout=PAUSE * 5)
    assert not doing.done()
    await shop.price(shop.world.key("kebap"), 90, 110)
    await doing
    assert await shop.world.totals("buyer") == [110]


async def test_what_the_copy_knows_is_not_waited_for(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(patience, "SECONDS", 3600)
    lease = await shop.process.open()
    await shop.price(shop.world.key("kebap"), 90, 110)
    await shop.process.do(lease, [shop.buy("kebap", 2), shop.buy("kebap", 1), shop.world.say("buyer")])
    assert await shop.world.totals("buyer") == [110, 220, 220]


async def test_what_never_comes_is_waited_for_a_moment_and_once(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(patience, "SECONDS", 0.1)
    lease = await shop.process.open()
    await shop.price(shop.world.key("kebap"), 90)
    await shop.process.do(lease, [shop.buy("kebap", 2)], PAUSE)
    monkeypatch.setattr(patience, "SECONDS", 3600)
    await shop.process.do(lease, [shop.buy("kebap", 2)])
    assert await shop.world.totals("buyer") == [90, 180]


async def test_who_sends_nonsense_about_what_it_has_seen_is_not_waited_for(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(patience, "SECONDS", 3600)
    lease = await shop.process.open()
    for said in ("", "[", "[[1,2,3]]", '[["x","y",-1]]', '{"a":1}'):
        note = {"note": shop.world.key("kebap")}
        await shop.process.do(lease, [shop.world.say("buyer", fields=note, more={"lezzet_after": said})])
    assert len(await shop.world.totals("buyer")) == 5
