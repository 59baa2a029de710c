"""More processes than partitions: who has nothing to do is ready to take over."""

from agents.runtime.group import Group
from tests.agents.runtime.world import World
from tests.deadline import until


async def test_a_member_without_partitions_is_settled(world: World):
    process = await world.process()
    process.store.first = 0
    works = {world.commands.name: process.work}
    groups = [Group(f"{world.run}.decide", world.settings.kafka, works) for _ in range(2)]
    try:
        for group in groups:
            await group.start()

        async def one_holds_it_and_both_are_settled() -> bool:
            return sorted(len(g.leases.held) for g in groups) == [0, 1] and all(g.settled for g in groups)

        await until("both members to be settled", one_holds_it_and_both_are_settled)
    finally:
        for group in groups:
            await group.stop(4)
