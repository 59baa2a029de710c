"""Blocks of an answer: each is there, or it cannot be read now. A block that cannot be read is left out and named, so that the
phone shows all the others."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from http_edge.reads import own_writes
from http_edge.routing.asked import Asked
from http_edge.routing.composed import Document, Looked
from http_edge.routing.routes import ViewOf
from http_edge.wire.problems import Problem
from stores.errors import Unavailable
from stores.telemetry import logger

SECONDS = 0.5  # for a block, after the first look: an answer without it is better than one that is late

T = TypeVar("T")

_log = logger("http_edge.mobile.blocks")
_encode = msgspec.json.encode


class Block(NamedTuple):
    """facts: as in Composed. value: what the JSON holds of it, anything that msgspec encodes."""

    facts: Sequence[str]
    value: Any


def of_document(name: str, document: Document | None, shown: Callable[[bytes], Any]) -> Block | None:
    """One that a single document tells; None: it cannot be read now. shown: its JSON, or nothing where there is none → the
    value."""
    return None if document is None else made(name, lambda: Block((document.fact,), shown(document.body)))


async def within_time(name: str, reading: Awaitable[T | None]) -> T | None:
    """None: it cannot be read now. name: of the block that it is for."""
    try:
        async with asyncio.timeout(SECONDS):
            return await reading
    except (Unavailable, TimeoutError, Problem) as error:
        _log.warning("a block is left out", block=name, why=type(error).__name__)
    except msgspec.MsgspecError as error:
        _log_unreadable(name, error)
    return None


def made(name: str, make: Callable[[], Block]) -> Block | None:
    """None: a document has another shape."""
    try:
        return make()
    except msgspec.MsgspecError as error:
        _log_unreadable(name, error)
        return None


def are_ready(looked: Looked, views: Sequence[ViewOf]) -> bool:
    return all(looked.generations[view.name] is not None for view in views)


def wrote_in(looked: Looked, views: Sequence[ViewOf]) -> bool:
    """Whether the caller wrote lately to a domain whose views these are: then what was read before may lack that write."""
    return any(looked.notes.get(view.domain) for view in views)


async def shows_own_writes(asked: Asked, looked: Looked, views: Sequence[ViewOf]) -> bool:
    """Waits until these views are ready and show what the caller wrote. False: they do not in time. Call it before a list of
    theirs is read: a document that is added after that would be missing in it. Raises Unavailable."""
    if not are_ready(looked, views):
        return False
    for view in views:
        wrote = looked.notes.get(view.domain)
        if wrote and not await own_writes.wait(asked.edge.reads, view.name, wrote, SECONDS):
            return False
    return True


def _log_unreadable(name: str, error: msgspec.MsgspecError) -> None:
    """A document cannot be decoded, e.g. since another release wrote it."""
    _log.error("a block cannot be made", block=name, why=str(error))


def facts_of(blocks: Mapping[str, Block | None]) -> list[str]:
    return [
        fact for name, block in blocks.items() for fact in (name, *(("missing",) if block is None else block.facts))
    ]


def json_of(blocks: Mapping[str, Block | None], more: Mapping[str, Any] | None = None) -> bytes:
    """An object of the blocks by their names, those that are missing in `missing`."""
    missing = [name for name, block in blocks.items() if block is None]
    there = {name: block.value for name, block in blocks.items() if block is not None}
    return _encode({**(more or {}), **there, "missing": missing})
