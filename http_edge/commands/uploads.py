"""Rows whose body is a picture: it goes into quarantine as it comes, and the command names it there.

The body is the picture itself, or a form with a field `file`. Only what its first bytes say counts; all else is for the domain
to check. What is refused is taken out of quarantine again; what a killed process leaves there, the domain collects.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress

import msgspec
from aiohttp.hdrs import CONTENT_TYPE
from aiohttp.web import BaseRequest

from http_edge.commands import bodies, commands
from http_edge.routing.asked import Asked
from http_edge.routing.edge import Upload
from http_edge.routing.guard import check_denied, check_user_id, deny_keys
from http_edge.routing.routes import CommandRow
from http_edge.wire.answer import Answer
from http_edge.wire.multipart import NAME, boundary_of, file_of
from http_edge.wire.problems import FieldError, Problem, invalid
from stores.errors import Unavailable
from topics.contracts.photo_commands import photo_of
from topics.values.pictures import BEGINNING, MOST_BYTES, kind_of

MOST_AROUND = 64 * 1024  # bytes of a form besides its file
FIRST_SECONDS = 10.0  # that a client may take for nothing
SLOWEST = 32 * 1024  # bytes a second, after that

Handler = Callable[[Asked], Awaitable[Answer]]


async def incoming(request: BaseRequest) -> AsyncGenerator[bytes]:
    """The bytes of the picture as they come. Raises Problem 400, 408, 413, 415, 417 and 422."""
    boundary = boundary_of(request.headers.get(CONTENT_TYPE, ""))
    body = _within_time(request, MOST_BYTES if boundary is None else MOST_BYTES + MOST_AROUND)
    size = 0
    async for piece in body if boundary is None else file_of(body, boundary):
        size += len(piece)
        if size > MOST_BYTES:
            raise bodies.too_large(MOST_BYTES)
        yield piece


async def _within_time(request: BaseRequest, most: int) -> AsyncGenerator[bytes]:
    """Only time in which the client is waited for counts."""
    bodies.begin(request, most)
    loop, size, waited = asyncio.get_running_loop(), 0, 0.0
    while True:
        began = loop.time()
        with bodies.refusals():
            async with asyncio.timeout(FIRST_SECONDS + size / SLOWEST - waited):
                piece = await request.content.readany()
        waited += loop.time() - began
        size += len(piece)
        if size > most:
            raise bodies.too_large(most)
        if not piece:
            return
        yield piece


def handler(row: CommandRow) -> Handler:
    """The row's handler. It raises Problem, and Unavailable where Redis or MongoDB is away."""
    send = commands.handler(row)

    async def run(asked: Asked) -> Answer:
        assert row.picture_of is not None and asked.incoming is not None and asked.caller is not None
        check_user_id(asked, asked.query.get("user_id"))
        check_denied(*await asked.edge.reads.get(deny_keys(asked.caller)))
        asked.body = await row.picture_of(asked)
        with asked.edge.uploads.under_way(asked.me, asked.address):
            asked.upload, asked.raw = await _quarantined(asked, asked.incoming)
        asked.at = asyncio.get_running_loop().time()
        try:
            answer = await send(asked)
        except (Problem, Unavailable):  # the command takes no effect
            await _drop(asked, asked.upload)
            raise
        if _is_of_another(answer, asked.upload):  # an earlier try with the same Idempotency-Key was taken
            await _drop(asked, asked.upload)
        return answer

    return run


class _Photo(msgspec.Struct, frozen=True):
    """id: empty in an answer 202."""

    id: str = ""


_photo = msgspec.json.Decoder(_Photo)


def _is_of_another(answer: Answer, upload: str) -> bool:
    """Whether it tells of a photo that another upload has become."""
    try:
        id = _photo.decode(answer.body).id
    except msgspec.MsgspecError:  # `null`, where what was answered first is not kept any more
        return False
    return bool(id) and id != photo_of(upload)


async def _quarantined(asked: Asked, pieces: AsyncIterator[bytes]) -> tuple[str, bytes]:
    """Its name there, and a hash of its bytes. Raises Problem, Unavailable."""
    beginning = await _beginning(pieces)
    writing, digest = asked.edge.photos.upload(), hashlib.sha256(beginning)
    try:
        await writing.write(beginning)
        async for piece in pieces:
            digest.update(piece)
            await writing.write(piece)
        await writing.close()
    except BaseException:
        await _abort(writing)
        raise
    return writing.id, digest.digest()


async def _beginning(pieces: AsyncIterator[bytes]) -> bytes:
    """So much that it tells what it is. Raises Problem 415 and 422."""
    beginning = b""
    async for piece in pieces:
        beginning += piece
        if len(beginning) >= BEGINNING:
            break
    if not beginning:
        raise invalid(NAME, "is empty")
    if kind_of(beginning) is None:
        why = "is no JPEG, PNG, WebP or GIF"
        raise Problem(415, "unsupported_media_type", f"{NAME}: {why}", errors=(FieldError(NAME, why),))
    return beginning


async def _abort(writing: Upload) -> None:
    with suppress(Unavailable):  # the domain collects it
        await asyncio.shield(writing.abort())


async def _drop(asked: Asked, upload: str) -> None:
    with suppress(Unavailable):  # the domain collects it
        await asked.edge.photos.drop_upload(upload)
