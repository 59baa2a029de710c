"""Routes that show several documents at once. The first look is one MGET: deny-list, ready keys of all views, notes of the
caller's own writes, and the documents. Then the row may read more. The ETag of the answer is made of what the answer depends on
(docs/decisions/062)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from http_edge.reads import own_writes
from http_edge.routing.asked import Asked
from http_edge.routing.composed import Composed, Document, FirstLook
from http_edge.routing.edge import Reads
from http_edge.routing.guard import check_denied, check_user_id, deny_keys
from http_edge.routing.routes import PUBLIC, ComposedRow, ViewOf
from http_edge.wire import etags
from http_edge.wire.amounts import lira_of
from http_edge.wire.answer import JSON, Answer
from http_edge.wire.problems import not_ready
from stores.errors import Unavailable
from stores.listed import Newest
from topics import keys

Handler = Callable[[Asked], Awaitable[Answer]]

_CACHING = {
    # The phone keeps the answer, and asks each time whether it is still right.
    "Cache-Control": "private, max-age=0, must-revalidate",
    "Vary": "Accept-Encoding, Accept-Language, Authorization",
}


def handler(row: ComposedRow) -> Handler:
    """The row's handler. It raises Problem, and Unavailable where Redis is away."""

    lira = lira_of(row.gives)

    async def composed(asked: Asked) -> Answer:
        look = await _look(row, asked)
        made = await row.compose(asked, look)
        tag = _tag(row, asked, look, made)
        headers = {"ETag": tag, "Content-Language": asked.language, **_CACHING, **(made.headers or {})}
        if etags.matches(asked.if_none_match, tag):
            return Answer(b"", 304, "", headers)
        return Answer(made.body() if made.in_lira else lira(made.body()), 200, JSON, headers)

    return composed


async def body_of(row: ComposedRow, asked: Asked) -> bytes:
    """The body that the row answers now, for a command that answers with the same. Raises as the row's handler."""
    return (await row.compose(asked, await _look(row, asked))).body()


def _tag(row: ComposedRow, asked: Asked, look: FirstLook, made: Composed) -> str:
    whose = "" if asked.caller is None else asked.caller.id
    generations = (f"{view}={tag!r}" for view, tag in look.generations.items())
    return etags.of((row.code_version, row.name, asked.language, whose, *generations, *made.depends_on))


async def _look(row: ComposedRow, asked: Asked) -> FirstLook:
    """Raises Problem: 401, 404 for another user id, 503 where a view that the row needs cannot be read."""
    wanted, caller, writer = row.documents(asked), asked.caller, asked.writer
    guesses = () if row.guesses is None else row.guesses(asked)
    sets = () if row.newest is None else row.newest(asked)
    views = tuple(dict.fromkeys((*(view for view, _ in wanted), *row.beside)))
    domains = tuple(dict.fromkeys(view.domain for view in views)) if writer is not None else ()
    places = [keys.document(view.name, name) for view, name in wanted]
    denied = deny_keys(caller) if caller is not None and row.who is not PUBLIC else ()
    if caller is not None and asked.query:
        check_user_id(asked, asked.query.get("user_id"))
    notes = [keys.wrote(writer, domain) for domain in domains] if writer is not None else []
    asked_for = (*denied, *(view.ready for view in views), *notes, *places, *guesses)
    values, newest = await _read(asked.edge.reads, asked_for, sets)
    rest = iter(values)
    if denied:
        check_denied(next(rest), next(rest))
    generations = {view.name: next(rest) for view in views}
    wrote = {domain: own_writes.noted(next(rest)) for domain in domains}
    stored = await _with_own_writes(asked, wanted, wrote, [next(rest) for _ in places])
    found = [
        _document(place, value) if generations[view.name] is not None and value is not BEHIND else None
        for (view, _), place, value in zip(wanted, places, stored, strict=True)
    ]
    if any(generations[view.name] is None for view in row.needs):
        raise not_ready()
    if any(document is None and view in row.needs for (view, _), document in zip(wanted, found, strict=True)):
        raise own_writes.behind()
    return FirstLook(found, generations, wrote, dict(zip(guesses, rest, strict=True)), newest)


async def _read(
    reads: Reads, places: Sequence[str], sets: Sequence[Newest]
) -> tuple[list[bytes | None], list[Sequence[bytes] | None]]:
    """Values of the keys, and members of the sets, None for a set that cannot be read. Raises Unavailable if the keys cannot be
    read."""
    asked = [reads.newest(each) for each in sets]
    values = await reads.get(places)
    return values, [await _or_none(each) for each in asked]


async def _or_none(members: Awaitable[Sequence[bytes]]) -> Sequence[bytes] | None:
    try:
        return await members
    except Unavailable:
        return None


BEHIND = b"behind"
"""In place of a document that does not show what the caller wrote."""


def _document(place: str, value: bytes | None) -> Document:
    return Document(place, 0, b"") if value is None else Document(place, *keys.split(value))


async def _with_own_writes(
    asked: Asked,
    wanted: Sequence[tuple[ViewOf, str]],
    wrote: Mapping[str, Mapping[str, int]],
    stored: list[bytes | None],
) -> list[bytes | None]:
    """The documents, read once more if they did not show what the caller wrote. BEHIND in place of one that still does not
    after the time that a read waits. Raises Unavailable."""
    least = [wrote.get(view.domain, {}).get(name, 0) for view, name in wanted]
    late = [place for place, version in enumerate(least) if own_writes.version(stored[place]) < version]
    if not late:
        return stored
    reads = asked.edge.reads
    shown = await asyncio.gather(
        *(own_writes.wait(reads, wanted[each][0].name, {wanted[each][1]: least[each]}) for each in late)
    )
    again = await reads.get([keys.document(wanted[each][0].name, wanted[each][1]) for each in late])
    for each, is_shown, value in zip(late, shown, again, strict=True):
        stored[each] = value if is_shown else BEHIND
    return stored
