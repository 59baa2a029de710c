"""A decision says which versions of others' facts it was made on, so that it can be made again later."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import msgspec

from stores.protocol import Changes, FactWrite
from tests.agents.runtime.tally import DECIDER, Add, Added, Tally, topics_of
from tests.agents.runtime.world import World
from topics.deciding.decision import Context, Decision
from topics.deciding.projection import FactTable, Shown
from topics.messages import headers

_PRICES = FactTable[Tally, Added](
    name="price", topic=topics_of("prices")[1], document=Tally, show=lambda before, event, meta: Shown(before)
)


def _needs(command: Add, tally: Tally) -> Iterable[tuple[str, str]]:
    return [("price", key) for key in command.note.split()]


def _decide(command: Add, tally: Tally, prices: Mapping[str, Tally], context: Context) -> Decision[Added]:
    return DECIDER.decide(command, tally, None, context)


BUYER = replace(DECIDER, needs=_needs, fact_tables=(_PRICES,), facts=lambda price: price, decide=_decide)


async def test_a_decision_says_which_facts_it_was_made_on(world: World):
    process = await world.process(decider=BUYER)
    lease = await process.open()
    facts = [FactWrite("price", world.key("apple"), 7, "{}"), FactWrite("price", world.key("gone"), 3, None)]
    await process.store.write(await process.store.look([lease.source]), {lease.source: Changes(next=0, facts=facts)})
    apple, gone, never = (world.key(name) for name in ("apple", "gone", "never"))
    await process.do(
        lease,
        [
            world.say(amount=1, fields={"note": f"{apple} {gone} {never}"}),
            world.say(amount=1),
            world.say(amount=-1, id="refused", fields={"note": apple}),
        ],
    )
    first, second = [dict(event.headers) for event in await world.published(world.events.name)]
    assert msgspec.json.decode(first[headers.FACTS]) == {"price": {apple: 7, gone: 3, never: 0}}
    assert headers.FACTS not in second, "it read none"
    rows = await world.query("select facts from inbox where id = $1", world.id("refused"))
    assert [msgspec.json.decode(row["facts"]) for row in rows] == [{"price": {apple: 7}}], "no event says it"
