"""Whoever writes and then reads sees the write: reads of a caller wait for the views to have what that caller wrote.

`wrote:<caller>:<domain>` is kept for some seconds by the domain's runtime: `<aggregate id>@<version>;` for each aggregate.
"""

import asyncio
from collections.abc import Mapping, Sequence

from http_edge.routing.edge import Reads
from http_edge.routing.routes import ViewOf
from http_edge.wire.problems import Problem, unavailable
from topics import keys

WAIT_SECONDS = 1.0
FIRST_POLL_SECONDS = 0.003
SLOWEST_POLL_SECONDS = 0.05


def noted(value: bytes | None) -> dict[str, int]:
    """Aggregate id → the highest version that the caller wrote."""
    found: dict[str, int] = {}
    if value is None:
        return found
    for note in value.decode().split(";"):
        aggregate, _, version = note.rpartition("@")
        if aggregate and version.isdigit():
            found[aggregate] = max(found.get(aggregate, 0), int(version))
    return found


def version(document: bytes | None) -> int:
    return 0 if document is None else keys.split(document)[0]


async def wait(reads: Reads, view: str, wanted: Mapping[str, int], seconds: float = WAIT_SECONDS) -> bool:
    """Until the view shows all these versions. False: it does not within `seconds`. Raises Unavailable."""
    loop = asyncio.get_running_loop()
    end, pause, missing = loop.time() + seconds, FIRST_POLL_SECONDS, dict(wanted)
    while True:
        ids = list(missing)
        documents = await reads.get([keys.document(view, each) for each in ids])
        missing = {
            each: missing[each] for each, shown in zip(ids, documents, strict=True) if version(shown) < missing[each]
        }
        if not missing:
            return True
        if loop.time() + pause > end:
            return False
        await asyncio.sleep(pause)
        pause = min(pause * 1.6, SLOWEST_POLL_SECONDS)


async def newest(reads: Reads, view: str, name: str, wrote: bytes | None, stored: bytes | None) -> bytes | None:
    """The document once it shows what the caller wrote: `stored`, or what stands there after a wait.

    wrote, stored: the caller's note and the document, as they were read together. Raises Problem 503, and Unavailable.
    """
    least = 0 if wrote is None else noted(wrote).get(name, 0)
    if not least or version(stored) >= least:
        return stored
    await require(reads, view, {name: least})
    return (await reads.get((keys.document(view, name),)))[0]


async def all_shown(reads: Reads, caller: str, views: Sequence[ViewOf]) -> bool:
    """Waits until these views show what the caller wrote. False: one stays behind. Raises Unavailable."""
    values = await reads.get([keys.wrote(caller, view.domain) for view in views])
    for view, value in zip(views, values, strict=True):
        if value is not None and not await wait(reads, view.name, noted(value)):
            return False
    return True


async def require_all(reads: Reads, caller: str, views: Sequence[ViewOf]) -> None:
    """Raises Problem 503 where a view stays behind."""
    if not await all_shown(reads, caller, views):
        raise behind()


async def require(reads: Reads, view: str, wanted: Mapping[str, int]) -> None:
    """Raises Problem 503 where the view stays behind."""
    if wanted and not await wait(reads, view, wanted):
        raise behind()


def behind() -> Problem:
    """A view does not show what the caller wrote."""
    return unavailable("view_behind", "Your last change is not shown yet, please try again.")
