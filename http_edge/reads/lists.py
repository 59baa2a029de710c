"""Lists: a page of the documents that stand in sorted sets, read in slices and handed over in parts.

A long list must not hold up other requests of the process. So a slice is what can be read and shown in a fraction of a
millisecond, and others have their turn between two slices and between two parts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, get_args

from http_edge.reads.own_writes import noted, require
from http_edge.reads.views import first_look
from http_edge.routing.asked import Asked
from http_edge.routing.pages import Start
from http_edge.routing.paging import link_to
from http_edge.routing.routes import ListRow
from http_edge.wire.absolute import absolute
from http_edge.wire.amounts import lira_of, unchanged
from http_edge.wire.answer import JSON, Answer, Parts
from stores.errors import Unavailable
from stores.listed import Span
from topics import keys

MOST_BYTES = 8 * 1024 * 1024
"""Of the items of one page: one with larger items ends earlier. The first item always fits."""
SLICE_ENTRIES, SLICE_BYTES = 50, 64 * 1024
PAUSE_SECONDS = 0.001
"""Between two slices. Without it the loop has no idle moment while a list is read, and each step of another request waits for
one more slice."""
PAGE_SECONDS = 1.5
"""For all slices of a page. Then it is 503: a client that knows of no pages would take a part of the list for all of it."""
PART_BYTES = 64 * 1024

Handler = Callable[[Asked], Awaitable[Answer]]
Item = Callable[[bytes, str, Asked], bytes | None]


class Entry(NamedTuple):
    """An item of a list. member: of the sorted set. version: of the document. shown: the JSON that clients get."""

    member: str
    version: int
    shown: bytes


class Listed(NamedTuple):
    """A page. following: where the next one begins, None: there is none."""

    entries: Sequence[Entry]
    following: Start | None

    @property
    def items(self) -> list[bytes]:
        return [each.shown for each in self.entries]


def handler(row: ListRow) -> Handler:
    """The row's handler. It raises Problem, and Unavailable where Redis is away."""

    item = _shown(row)

    async def listing(asked: Asked) -> Answer:
        wrote, _ = await first_look(row, asked, ())
        if wrote is not None:
            # before the index is read: an index from before the write would miss what the documents show
            await require(asked.edge.reads, row.view.name, noted(wrote))
        lowest = None if row.lowest is None else row.lowest(asked)
        span = Span("", row.view.name, lowest=lowest, newest_first=row.newest_first)
        page = await read_page(asked, span, row.indexes(asked), item)
        items = page.items if row.arrange is None else row.arrange(asked, page.items)
        headers = None if page.following is None else link_to(row, asked, page.following)
        return joined(b"[", items, b"]", headers)

    return listing


def _shown(row: ListRow) -> Item | None:
    """What is shown of an item, with its amounts in lira. Here, since the size of an answer in parts is said before them."""
    item, lira = row.item, lira_of(*get_args(row.gives))
    if lira is unchanged:
        return item

    def shown(document: bytes, member: str, asked: Asked) -> bytes | None:
        found = document if item is None else item(document, member, asked)
        return found and lira(found)

    return shown


async def read_page(asked: Asked, span: Span, indexes: Sequence[str], item: Item | None = None) -> Listed:
    """The page that is asked for of the entries of these sorted sets, one set after the other. span: what to read of each of
    them; its index_name, after, entries and size are set here.

    Raises Unavailable.
    """
    try:
        async with asyncio.timeout(PAGE_SECONDS):
            return await _read(asked, span, indexes, item)
    except TimeoutError:
        raise Unavailable("redis", f"a page took more than {PAGE_SECONDS} s") from None


async def _read(asked: Asked, span: Span, indexes: Sequence[str], item: Item | None) -> Listed:
    assert asked.page is not None, "the row has no pages"
    lists, left, room = asked.edge.lists, asked.page.limit, MOST_BYTES
    number, place = asked.page.start or Start(0, None)
    entries = list[Entry]()
    while number < len(indexes):
        most = min(left, SLICE_ENTRIES)
        found = await lists.read(
            span._replace(index_name=indexes[number], after=place, entries=most, size=min(room, SLICE_BYTES))
        )
        for at, value in enumerate(found.documents):
            version, body = keys.split(value) if value else (0, b"")
            body = absolute(body, asked.edge.origin)
            member = found.members[at].decode()
            shown = body if item is None or not body else item(body, member, asked)
            if not shown:
                continue
            if entries and len(shown) > room:
                return Listed(entries, Start(number, found.place(at - 1) if at else place))
            entries.append(Entry(member, version, shown))
            room -= len(shown)
        left -= len(found.documents)
        place = found.place(len(found.documents) - 1) if found.documents else place
        if not found.more:
            number, place = number + 1, None
        elif left <= 0:
            return Listed(entries, Start(number, place))
        else:
            await asyncio.sleep(PAUSE_SECONDS)
    return Listed(entries, None)


def joined(
    before: bytes, items: Sequence[bytes], after: bytes, headers: Mapping[str, str] | None = None, *,
    between: bytes = b",", content_type: str = JSON,
) -> Answer:  # fmt: skip
    """One body of items, with something between them; by default it is JSON."""
    size = len(before) + sum(map(len, items)) + max(0, len(items) - 1) * len(between) + len(after)
    if size <= PART_BYTES:
        return Answer(before + between.join(items) + after, 200, content_type, headers)
    return Answer(b"", 200, content_type, headers, parts=Parts(size, _parts(before, items, after, between)))


def _parts(before: bytes, items: Sequence[bytes], after: bytes, between: bytes) -> Iterator[bytes]:
    part, size = [before], 0
    for number, item in enumerate(items):
        part.append(between + item if number else item)
        size += len(item)
        if size >= PART_BYTES:
            yield b"".join(part)
            part, size = [], 0
    yield b"".join((*part, after))
