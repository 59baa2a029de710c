"""The file in a form (multipart/form-data, RFC 7578), as it comes: never more than a piece of it is held.

Clients send one file under the name `file`. Other fields before it are passed over, within bounds; what follows it is not read.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator

from http_edge.wire.problems import Problem, invalid

NAME = "file"
MOST_HEAD = 8 * 1024  # bytes of one part's head
MOST_PARTS = 20  # before the file

_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))\s*(?:;|$)', re.IGNORECASE)
_NAME = re.compile(
    rb'^content-disposition:\s*form-data\b[^\r\n]*?;\s*name="?([^";\r\n]*)"?', re.IGNORECASE | re.MULTILINE
)


def boundary_of(content_type: str) -> bytes | None:
    """None where it is no form. Raises Problem 400 for a form without a boundary."""
    if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
        return None
    found = _BOUNDARY.search(content_type)
    boundary = "" if found is None else found[1] or found[2]
    if not boundary.isascii() or not boundary:
        raise invalid("Content-Type", "a form needs a boundary, of ASCII characters", status=400)
    return boundary.encode()


async def file_of(body: AsyncIterator[bytes], boundary: bytes) -> AsyncGenerator[bytes]:
    """The bytes of the field `file`, piece by piece. Raises Problem 400 where the form is broken, 422 where it has no file."""
    parts = _Parts(body, b"\r\n--" + boundary)
    for _ in range(MOST_PARTS):
        head = await parts.head()
        if head is None:
            break
        name = _NAME.search(head)
        if name is not None and name[1].decode(errors="replace") == NAME:
            async for piece in parts.content():
                yield piece
            return
        async for _ in parts.content():
            pass
    raise invalid(NAME, "is missing: the form has no file of this name")


class _Parts:
    """What has come and is not read yet begins within a part, or at the end of the one before."""

    def __init__(self, body: AsyncIterator[bytes], end: bytes) -> None:
        self._body = body
        self._end = end
        self._come = b"\r\n"  # so that the first boundary begins like the others

    async def head(self) -> bytes | None:
        """Of the next part; None after the last one."""
        await self._at_least(len(self._end) + 2)
        if not self._come.startswith(self._end):
            raise _broken("it does not begin with its boundary")
        after = self._come[len(self._end) : len(self._end) + 2]
        if after == b"--":
            return None
        if after != b"\r\n":
            raise _broken("a boundary goes on")
        self._come = self._come[len(self._end) :]  # the line break may end an empty head
        while (at := self._come.find(b"\r\n\r\n")) < 0:
            if len(self._come) > MOST_HEAD:
                raise _broken(f"a part has a head of more than {MOST_HEAD:,} bytes")
            await self._more()
        head, self._come = self._come[2:at], self._come[at + 4 :]
        return head

    async def content(self) -> AsyncGenerator[bytes]:
        """Of the part whose head was read."""
        kept = len(self._end) - 1  # bytes that may be the beginning of a boundary
        while (at := self._come.find(self._end)) < 0:
            if len(self._come) > kept:
                piece, self._come = self._come[:-kept], self._come[-kept:]
                yield piece
            await self._more()
        if at:
            yield self._come[:at]
        self._come = self._come[at:]

    async def _at_least(self, size: int) -> None:
        while len(self._come) < size:
            await self._more()

    async def _more(self) -> None:
        try:
            self._come += await anext(self._body)
        except StopAsyncIteration:
            raise _broken("it ends before its last boundary") from None


def _broken(why: str) -> Problem:
    return invalid("$", f"the form is broken: {why}", status=400)
