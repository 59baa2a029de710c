"""View routes: one MGET for the deny-list, the view's readiness, the caller's own writes and the document; bytes out."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from http_edge.reads.joins import Joiner, Values
from http_edge.reads.own_writes import newest
from http_edge.routing.asked import Asked
from http_edge.routing.guard import check_denied, check_user_id, deny_keys
from http_edge.routing.routes import PUBLIC, Guard, Key, LiveRow, ReadingRow, ViewOf, ViewRow
from http_edge.wire.amounts import lira_of, unchanged
from http_edge.wire.answer import Answer
from http_edge.wire.problems import not_found, not_ready
from topics import keys

Handler = Callable[[Asked], Awaitable[Answer]]

_ANY = msgspec.json.Decoder(dict[str, msgspec.Raw])


def handler(row: ViewRow) -> Handler:
    """The row's handler. It raises Problem, and Unavailable where Redis is away."""
    lira = lira_of(row.gives)
    # a document that is shown as it was completed leaves in lira already, so that this is remembered, too
    joiner, last = None, lira
    if row.join is not None:
        joiner = Joiner(row.join) if row.shape is not None else Joiner(row.join, lira)
        last = lira if row.shape is not None else unchanged

    async def document(asked: Asked) -> Answer:
        name = await named(row.key, asked)
        place = keys.document(row.view.name, name)
        beside = joiner.places(place) if joiner is not None else ()
        body, others = await looked_up(row, asked, name, beside)
        if joiner is not None and body:
            body = await joiner.complete(asked.edge.reads, place, body, beside, others)
        shown = body if row.shape is None or not body else row.shape(body, asked)
        return Answer(last(shown) if shown else lira(_absent(row, asked)))

    return document


async def looked_up(
    row: ViewRow | LiveRow, asked: Asked, name: str, beside: Sequence[str] = ()
) -> tuple[bytes, Values]:
    """After all checks: the document's JSON, with what the caller wrote (empty where there is none), and the values beside.

    Raises Problem: 404 for a document of somebody else, 401, 503.
    """
    wrote, (shown, *others) = await first_look(row, asked, (keys.document(row.view.name, name), *beside))
    if wrote is not None:
        shown = await newest(asked.edge.reads, row.view.name, name, wrote, shown)
    body = b"" if shown is None else keys.split(shown)[1]
    if body and row.owner and (asked.caller is None or not _belongs(body, row.owner, asked.caller.id)):
        raise not_found()
    return body, others


async def first_look(row: ReadingRow, asked: Asked, places: Sequence[str]) -> tuple[bytes | None, Values]:
    """(what the caller noted as written, the values of the places) after all checks. One MGET, and another one for a guard."""
    caller, writer = asked.caller, asked.writer
    wanted = [row.view.ready, *places]
    if writer is not None:
        wanted.append(keys.wrote(writer, row.view.domain))
    if caller is not None:
        if asked.query:
            check_user_id(asked, asked.query.get("user_id"))
        wanted += deny_keys(caller)
    values = await asked.edge.reads.get(wanted)
    if caller is not None and row.who is not PUBLIC:
        check_denied(values[-2], values[-1])
    if values[0] is None:
        raise not_ready()
    if row.guard is not None:
        await require_owner(asked, row.guard)
    return values[1 + len(places)] if writer is not None else None, values[1 : 1 + len(places)]


def _absent(row: ViewRow, asked: Asked) -> bytes:
    """Raises Problem 404."""
    if row.absent is None:
        raise not_found()
    return row.absent if isinstance(row.absent, bytes) else row.absent(asked)


async def require_owner(asked: Asked, guard: Guard) -> None:
    """Raises Problem 404 where it is not the caller's, and 503."""
    body = await document_now(asked, guard.view, guard.key(asked))
    if not body or not _belongs(body, guard.owner, asked.me):
        raise not_found()


def _belongs(body: bytes, owner: str, caller: str) -> bool:
    return bytes(_ANY.decode(body).get(owner, msgspec.Raw(b""))) == msgspec.json.encode(caller)


async def document_now(asked: Asked, view: ViewOf, name: str) -> bytes:
    """Its JSON once the view shows what the caller wrote, empty where there is none: for rows that look something up before
    they act. Raises Problem 503."""
    reads, place = asked.edge.reads, keys.document(view.name, name)
    ready, wrote, stored = await reads.get((view.ready, keys.wrote(asked.me, view.domain), place))
    if ready is None:
        raise not_ready()
    stored = await newest(reads, view.name, name, wrote, stored)
    return b"" if stored is None else keys.split(stored)[1]


async def named(key: Key, asked: Asked) -> str:
    name = key(asked)
    return name if isinstance(name, str) else await name
