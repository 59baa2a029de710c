"""Blocks: parts of an answer that are read independently. One that cannot be read now is left out, and its name stands in
`missing`, so that the phone shows the others. In the code such a block is None."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from http_edge.reads import own_writes
from http_edge.routing.asked import Asked
from http_edge.routing.composed import Document, FirstLook
from http_edge.routing.routes import ViewOf
from http_edge.wire.problems import Problem
from stores.errors import Unavailable
from stores.telemetry import logger

SECONDS = 0.5  # after the first look, after which a block is left out rather than the answer late

T = TypeVar("T")

_log = logger("http_edge.mobile.blocks")
_encode = msgspec.json.encode


class Block(NamedTuple):
    """depends_on: as in Composed. value: anything that msgspec encodes, None for null."""

    depends_on: Sequence[str]
    value: Any


def of_document(name: str, document: Document | None, shown: Callable[[bytes], Any]) -> Block | None:
    """A block that is made of a single document. shown: the document's JSON, empty if there is none → value of the block."""
    return None if document is None else if_readable(name, lambda: Block((document.at_version,), shown(document.body)))


async def within_time(name: str, reading: Awaitable[T | None]) -> T | None:
    """What `reading` returns; None if it raises because something cannot be read, or takes longer than SECONDS. name: of the
    block, for the log."""
    try:
        async with asyncio.timeout(SECONDS):
            return await reading
    except (Unavailable, TimeoutError, Problem) as error:
        _log.warning("a block is left out", block=name, why=type(error).__name__)
    except msgspec.MsgspecError as error:
        _log_unreadable(name, error)
    return None


def if_readable(name: str, make: Callable[[], Block]) -> Block | None:
    """What `make` returns; None if it cannot decode a document."""
    try:
        return make()
    except msgspec.MsgspecError as error:
        _log_unreadable(name, error)
        return None


def are_ready(look: FirstLook, views: Sequence[ViewOf]) -> bool:
    return all(look.generations[view.name] is not None for view in views)


def wrote_in(look: FirstLook, views: Sequence[ViewOf]) -> bool:
    """Whether the caller wrote lately to a domain of these views. Then what was read or remembered before may lack that
    write."""
    return any(look.notes.get(view.domain) for view in views)


async def shows_own_writes(asked: Asked, look: FirstLook, views: Sequence[ViewOf]) -> bool:
    """Waits until these views show what the caller wrote. False: they do not in time, or one is not ready. To be called before
    a list of theirs is read: so the list holds what the caller has added. Raises Unavailable."""
    if not are_ready(look, views):
        return False
    for view in views:
        wrote = look.notes.get(view.domain)
        if wrote and not await own_writes.wait(asked.edge.reads, view.name, wrote, SECONDS):
            return False
    return True


def _log_unreadable(name: str, error: msgspec.MsgspecError) -> None:
    """A document cannot be decoded, e.g. since another release wrote it."""
    _log.error("a block cannot be made", block=name, why=str(error))


def dependencies_of(blocks: Mapping[str, Block | None]) -> list[str]:
    """For Composed.depends_on: which blocks there are, and what they depend on."""
    found = list[str]()
    for name, block in blocks.items():
        found += (name, *(("missing",) if block is None else block.depends_on))
    return found


def json_of(blocks: Mapping[str, Block | None], more: Mapping[str, Any] | None = None) -> bytes:
    """JSON of an object: the fields of `more`, the blocks by their names, and `missing`."""
    missing = [name for name, block in blocks.items() if block is None]
    there = {name: block.value for name, block in blocks.items() if block is not None}
    return _encode({**(more or {}), **there, "missing": missing})
