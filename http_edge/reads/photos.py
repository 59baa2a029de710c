"""A photo's bytes: one rendition of it, whole or in part, as HTTP caches want them.

A photo never changes, so clients keep it for good. Its document says all that the head of an answer says; MongoDB is asked for
bytes that are sent, and for nothing else.
"""

from collections.abc import AsyncGenerator, Mapping

import msgspec

from http_edge.routing.asked import Asked
from http_edge.routing.routes import shown
from http_edge.wire import etags
from http_edge.wire.answer import Answer, Chunks
from http_edge.wire.preferences import weights
from http_edge.wire.problems import Problem, not_found
from http_edge.wire.ranges import NotThere, Part, part_of
from topics import keys
from topics.contracts.photo_events import PhotoFile
from topics.documents.photo import Photo
from topics.values.pictures import Size

PHOTO = shown("photo", "photo")
WEBP, JPEG = "image/webp", "image/jpeg"

_photo = msgspec.json.Decoder(Photo)


_CACHING = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Vary": "Accept",
    "Accept-Ranges": "bytes",
    "Cross-Origin-Resource-Policy": "cross-origin",  # pages of other origins show it
}


class WhichForm(msgspec.Struct, frozen=True, kw_only=True):
    """Query: which size."""

    size: Size = "card"


async def send(asked: Asked) -> Answer:
    """Raises Problem 404 and 416, Unavailable."""
    file = await _file(asked)
    headers = {"ETag": f'"{file.sha256[:32]}"', **_CACHING}
    if etags.matches(asked.headers.get("If-None-Match", ""), headers["ETag"]):
        return Answer(b"", 304, "", headers)
    part = _part(asked.headers, headers, file.bytes)
    start, stop = part or Part(0, file.bytes)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.bytes}"
    pieces = _none() if asked.head_only else await asked.edge.photos.pieces(file.sha256, start, stop)
    if pieces is None:
        raise not_found()
    return Answer(b"", 206 if part else 200, file.type, headers, chunks=Chunks(stop - start, pieces))


async def _none() -> AsyncGenerator[bytes]:
    return
    yield b""


async def _file(asked: Asked) -> PhotoFile:
    """Raises Problem 404 where there is no such photo, or none that was accepted."""
    stored = (await asked.edge.reads.get((keys.document(PHOTO.name, asked.parameters["id"]),)))[0]
    body = b"" if stored is None else keys.split(stored)[1]
    files = _photo.decode(body).files if body else ()
    asks: WhichForm = asked.asks
    kind = WEBP if _wants_webp(asked.headers.get("Accept", "")) else JPEG
    found = [file for file in files if (file.size, file.type) == (asks.size, kind)]
    if not found:
        raise not_found()
    return found[0]


def _wants_webp(accept: str) -> bool:
    """Only where it is named: browsers that cannot show it send `image/*`, too."""
    said = weights(accept)
    return 0 < said.get(WEBP, 0) >= said.get(JPEG, 0)


def _part(asked: Mapping[str, str], headers: Mapping[str, str], size: int) -> Part | None:
    """Raises Problem 416. If-Range: of another version the whole is sent."""
    if asked.get("If-Range", headers["ETag"]) != headers["ETag"]:
        return None
    try:
        return part_of(asked.get("Range"), size)
    except NotThere:
        wanted = {"Content-Range": f"bytes */{size}"}
        raise Problem(416, "range_not_there", f"There are {size:,} bytes.", headers=wanted) from None
