"""Moves a domain's store from PostgreSQL to another technology: everything that it holds, with its floors."""

from collections.abc import Awaitable, Callable, Mapping

from stores.postgres.leaving import Leaving
from stores.protocol import DomainStore, Floor, Source


async def move(
    leaving: Leaving, to: DomainStore, put_floors: Callable[[Mapping[Source, Floor]], Awaitable[None]]
) -> None:
    """to: an empty store. put_floors: writes its floors. Raises Doubt: begin again, with an empty store. Nothing has changed
    for those who are fenced off already.

    Entries of the inbox are as new: they are kept for up to twice as long. Ids of outbox rows, timers and events stay.
    """
    floors = await leaving.floors()
    await put_floors(floors)
    async for source, changes in leaving.changes(floors):
        await to.write(await to.look([source]), {source: changes})
    async for group, begun, ended in leaving.effects():
        source = next(source for source in floors if source.group == group)
        await to.begin_effects(source, floors[source].epoch, begun)
        if ended:
            await to.end_effects(source, ended, ())
