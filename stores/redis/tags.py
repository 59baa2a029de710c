"""Which generation of each view readers use, as a reader in this process saw it last."""

from collections.abc import Sequence
from typing import cast

from redis.asyncio import Redis

from topics import keys


class Tags:
    """View → tag. A view that nobody has looked at yet has none."""

    def __init__(self) -> None:
        self._tags: dict[str, str] = {}

    def knows(self, view: str) -> bool:
        return view in self._tags

    def of(self, view: str) -> str:
        return self._tags.get(view, "")

    def key(self, place: str) -> str:
        """The key of a place in the generation that readers use."""
        found = keys.placed(place)
        return place if found is None else f"{found.kind}:{found.view}{self._tags.get(found.view, '')}:{found.rest}"

    def learn(self, view: str, ready: bytes | None) -> bool:
        """ready: the value of the view's ready key. Returns whether it says something new."""
        tag = "" if ready is None else ready.decode()
        if self._tags.get(view) == tag:
            return False
        self._tags[view] = tag
        return True


async def read(redis: Redis, places: Sequence[str]) -> list[bytes | None]:
    """The values of places in the generations that readers use, for tools: two round trips. Raises what the client raises."""
    tags, views = Tags(), sorted({view for place in places if (view := keys.view_of(place)) is not None})
    if views:
        for view, ready in zip(views, await redis.mget(list(map(keys.view_ready, views))), strict=True):
            tags.learn(view, cast(bytes | None, ready))
    return cast(list[bytes | None], await redis.mget(list(map(tags.key, places)))) if places else []
