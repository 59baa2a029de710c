"""What a search finds by moves with the document and the floor: the real projector, the real script."""

from collections.abc import AsyncGenerator

import pytest_asyncio

from agents.runtime.reading.showing import Showing
from stores.redis.connection import connect
from tests.agents.runtime.feed import Feed
from tests.agents.runtime.reading.test_views import Shop, Sum, _show
from tests.agents.runtime.tally import Added
from tests.agents.runtime.world import World
from topics import keys
from topics.deciding.projection import Traits, View


def _traits(sum: Sum) -> Traits:
    """Odd sums are not on sale, so to say."""
    return Traits("house", shared=frozenset({"word:even"} if sum.sum % 2 == 0 else ()))


class Searched(Shop):
    def __init__(self, world: World) -> None:
        super().__init__(world, connect(world.settings.redis.rpartition("/")[0] + "/9"))
        self.view = View[Sum, Added](name=world.run, topic=world.events, document=Sum, show=_show, traits=_traits)
        self.feed = Feed(world.events)

    def place(self, place: str) -> str:
        """In the only generation that there is."""
        return keys.in_generation(place, "@1")

    async def given_by(self) -> int:
        """How many documents give the word."""
        return int(await self.redis.hget(self.place(keys.search_shared(self.view.name, "house")), "word:even") or 0)

    async def has(self) -> bool:
        trait = keys.search_trait(self.view.name, "word:even")
        return await self.redis.getbit(self.place(trait), 0) == 1

    async def project(self, work: Showing, *events: tuple[str, int, int]) -> None:
        for key, version, amount in events:
            self.feed.event(key, version, amount)
        await self.run(work, self.lease)


@pytest_asyncio.fixture
async def searched(world: World) -> AsyncGenerator[Searched]:
    made = Searched(world)
    await made.redis.flushdb()
    made.lease = await made.opened(made.projector())
    yield made
    await made.redis.aclose()


async def test_a_shared_trait_stays_until_the_last_document_gives_it_no_more(searched: Searched):
    work = searched.projector()
    await searched.project(work, ("a", 1, 2), ("b", 1, 4))
    assert (await searched.given_by(), await searched.has()) == (2, True)
    await searched.project(work, ("a", 2, 1))
    assert (await searched.given_by(), await searched.has()) == (1, True)
    await searched.project(work, ("b", 2, 1))
    assert (await searched.given_by(), await searched.has()) == (0, False)
    places = (keys.search_trait(searched.view.name, "word:even"), keys.search_traits(searched.view.name))
    assert await searched.redis.exists(*map(searched.place, places)) == 0


async def test_several_versions_of_one_batch_count_once(searched: Searched):
    await searched.project(searched.projector(), ("a", 1, 1), ("a", 2, 1), ("a", 3, 2), ("a", 4, 4))
    assert (await searched.given_by(), await searched.has()) == (1, True)


async def test_a_batch_that_comes_twice_counts_once(searched: Searched):
    await searched.project(searched.projector(), ("a", 1, 2))
    again = searched.projector()
    lease = await searched.opened(again)
    await again.run(searched.feed.batch(lease, 0))
    searched.feed.event("a", 1, 2)
    await searched.run(again, lease)
    assert await searched.given_by() == 1
