"""View routes: one MGET for the deny-list, the view's readiness, the caller's own writes and the document; bytes out."""

from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable

import msgspec

from http_edge.answer import Answer
from http_edge.asked import Asked
from http_edge.guard import check_denied, check_user_id, deny_keys
from http_edge.joins import Joiner, Values
from http_edge.own_writes import noted, require, version
from http_edge.problems import not_found, unavailable
from http_edge.routes import PUBLIC, Key, ViewRow
from topics import keys

Handler = Callable[[Asked], Awaitable[Answer]]

_ANY = msgspec.json.Decoder(dict[str, msgspec.Raw])


def handler(row: ViewRow) -> Handler:
    """The row's handler. It raises Problem, and Unavailable where Redis is away."""
    return _document(row, row.key) if row.key is not None else _listing(row, row.index)


def _document(row: ViewRow, key: Key) -> Handler:
    joiner = None if row.join is None else Joiner(row.join)

    async def document(asked: Asked) -> Answer:
        name = await named(key, asked)
        place = keys.document(row.view.name, name)
        beside = joiner.places(place) if joiner is not None else ()
        wrote, (shown, *others) = await _first_look(row, asked, (place, *beside))
        if wrote is not None:
            least = noted(wrote).get(name, 0)
            if version(shown) < least:
                await require(asked.edge.reads, row.view.name, {name: least})
                shown = (await asked.edge.reads.get((place,)))[0]
        body = b"" if shown is None else keys.split(shown)[1]
        if joiner is not None and body:
            body = await joiner.complete(asked.edge.reads, place, body, beside, others)
        return _given(row, asked, body)

    return document


def _listing(row: ViewRow, key: Key | None) -> Handler:
    assert key is not None, f"{row.name} reads neither a document nor an index"

    async def listing(asked: Asked) -> Answer:
        index = keys.index(await named(key, asked))
        wrote, _ = await _first_look(row, asked, ())
        if wrote is not None:
            # before the index is read: an index from before the write would miss what the documents show
            await require(asked.edge.reads, row.view.name, noted(wrote))
        members = await asked.edge.reads.members(index, newest_first=row.newest_first)
        if not members:
            return Answer(b"[]")
        documents = await asked.edge.reads.get([keys.document(row.view.name, each.decode()) for each in members])
        bodies = (keys.split(each)[1] for each in documents if each is not None)
        shown = (_shaped(row, asked, body) for body in bodies if body)
        return Answer(b"[" + b",".join(each for each in shown if each is not None) + b"]")

    return listing


async def _first_look(row: ViewRow, asked: Asked, places: Sequence[str]) -> tuple[bytes | None, Values]:
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
        raise unavailable("view_not_ready", "This is being prepared, please try again.")
    return values[1 + len(places)] if writer is not None else None, values[1 : 1 + len(places)]


def _given(row: ViewRow, asked: Asked, body: bytes) -> Answer:
    if body and row.owner and (asked.caller is None or not _belongs(body, row.owner, asked.caller.id)):
        raise not_found()
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
