"""Routes that the edge answers itself: what holds for all of them, before their own function is called."""

from collections.abc import Awaitable, Callable

from http_edge.routing.asked import Asked
from http_edge.routing.guard import check_denied, deny_keys
from http_edge.routing.routes import PUBLIC, OwnRow
from http_edge.wire.answer import Answer
from http_edge.wire.problems import not_ready

Handler = Callable[[Asked], Awaitable[Answer]]


def handler(row: OwnRow) -> Handler:
    """The row's handler: its caller is not logged out, and the views that it reads are there. It raises Problem, and
    Unavailable where Redis is away."""
    if row.who is PUBLIC and not row.reads:
        return row.handle
    ready = tuple(view.ready for view in row.reads)

    async def guarded(asked: Asked) -> Answer:
        denied = deny_keys(asked.caller) if asked.caller is not None and row.who is not PUBLIC else ()
        values = await asked.edge.reads.get((*ready, *denied))
        if denied:
            check_denied(values[-2], values[-1])
        if None in values[: len(ready)]:
            raise not_ready()
        return await row.handle(asked)

    return guarded
