"""Which pictures are taken, told by their first bytes: whatever names or types a client sends along are not trusted."""

from typing import Annotated, Literal

from msgspec import Meta

Kind = Literal["jpeg", "png", "webp", "gif"]
Size = Literal["thumb", "card", "full"]
"""thumb: in a list. card: on a card. full: on a page of its own."""

UploadId = Annotated[str, Meta(pattern=r"^[0-9a-f]{24}(?!\n)$")]
"""Names bytes in quarantine."""

BEGINNING = 12
"""Bytes that tell the kind."""

MOST_BYTES = 10 * 1024 * 1024
"""Of a picture as it is uploaded."""


def kind_of(beginning: bytes) -> Kind | None:
    """beginning: at least the first BEGINNING bytes, or all there are. None: not one of these."""
    if beginning.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if beginning.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if beginning.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return "webp"
    return None
