"""View routes: one MGET for the deny-list, the view's readiness, the caller's own writes and the document; bytes out."""

from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable

import msgspec

from http_edge.reads.joins import Joiner, Values
from http_edge.reads.own_writes import newest, noted, require
from http_edge.routing.asked import Asked
from http_edge.routing.guard import check_denied, check_user_id, deny_keys
from http_edge.routing.routes import PUBLIC, Key, LiveRow, ViewRow
from http_edge.wire.answer import Answer
from http_edge.wire.problems import not_found, not_ready
from topics import keys

Handler = Callable[[Asked], Awaitable[Answer]]

_ANY = msgspec.json.Decoder(dict[str, msgspec.Raw])


def handler(row: ViewRow) -> Handler:
    """The row's handler. It raises Problem, and Unavailable where Redis is away."""
    return _document(row, row.key) if row.key is not None else _listing(row)


def _document(row: ViewRow, key: Key) -> Handler:
    joiner = None if row.join is None else Joiner(row.join)

    async def document(asked: Asked) -> Answer:
        name = await named(key, asked)
        place = keys.document(row.view.name, name)
        beside = joiner.places(place) if joiner is not None else ()
        body, others = await looked_up(row, asked, name, beside)
        if joiner is not None and body:
            body = await joiner.complete(asked.edge.reads, place, body, beside, others)
        return _given(row, asked, body)

    return document


async def looked_up(
    row: ViewRow | LiveRow, asked: Asked, name: str, beside: Sequence[str] = ()
) -> tuple[bytes, Values]:
    """After all checks: the document's JSON, with what the caller wrote (empty where there is none), and the values beside.

    Raises Problem: 404 for a document of somebody else, 401, 503.
    """
    wrote, (shown, *others) = await _first_look(row, asked, (keys.document(row.view.name, name), *beside))
    if wrote is not None:
        shown = await newest(asked.edge.reads, row.view.name, name, wrote, shown)
    body = b"" if shown is None else keys.split(shown)[1]
    if body and row.owner and (asked.caller is None or not _belongs(body, row.owner, asked.caller.id)):
        raise not_found()
    return body, others


def _listing(row: ViewRow) -> Handler:
    names = row.names or _members(row, row.index)
    gather = row.gather or _bare_list

    async def listing(asked: Asked) -> Answer:
        wrote, _ = await _first_look(row, asked, ())
        if wrote is not None:
            # before the index is read: an index from before the write would miss what the documents show
            await require(asked.edge.reads, row.view.name, noted(wrote))
        found = await names(asked)
        places = [keys.document(row.view.name, each) for each in found]
        documents = await asked.edge.reads.get(places) if places else []
        bodies = (keys.split(each)[1] for each in documents if each is not None)
        shown = (_shaped(row, asked, body) for body in bodies if body)
        return Answer(gather(asked, [each for each in shown if each is not None]))

    return listing


def _members(row: ViewRow, key: Key | None) -> Callable[[Asked], Awaitable[Sequence[str]]]:
    assert key is not None, f"{row.name} reads neither a document nor an index, and names none"

    async def members(asked: Asked) -> Sequence[str]:
        index = keys.index(row.view.name, await named(key, asked))
        found = await asked.edge.reads.members(index, newest_first=row.newest_first, most=row.most)
        return [each.decode() for each in found]

    return members


def _bare_list(asked: Asked, bodies: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(bodies) + b"]"


async def _first_look(row: ViewRow | LiveRow, asked: Asked, places: Sequence[str]) -> tuple[bytes | None, Values]:
    """(what the caller noted as written, the values of the places) after all checks. One MGET."""
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
    return values[1 + len(places)] if writer is not None else None, values[1 : 1 + len(places)]


def _given(row: ViewRow, asked: Asked, body: bytes) -> Answer:
    shown = _shaped(row, asked, body) if body else None
    if shown is not None:
        return Answer(shown)
    if row.absent is None:
        raise not_found()
    return Answer(row.absent if isinstance(row.absent, bytes) else row.absent(asked))


def _shaped(row: ViewRow, asked: Asked, body: bytes) -> bytes | None:
    return body if row.shape is None else row.shape(body, asked)


def _belongs(body: bytes, owner: str, caller: str) -> bool:
    return bytes(_ANY.decode(body).get(owner, msgspec.Raw(b""))) == msgspec.json.encode(caller)


async def named(key: Key, asked: Asked) -> str:
    name = key(asked)
    return await name if isawaitable(name) else name
