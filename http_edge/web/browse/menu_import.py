"""A restaurant's menu comes as a file: its owner sends it, and follows what becomes of its rows.

The file is read whole before anything is sent, so a file that cannot be read changes nothing. Its pages wait in the domain
until the last command starts them: whatever fails before, an answer 503 means that nothing was done.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from http_edge.commands.commands import send_before
from http_edge.commands.delivery import not_taken
from http_edge.reads import own_writes
from http_edge.routing.asked import Asked, parameter
from http_edge.routing.guard import check_user_id
from http_edge.routing.routes import RESTAURANT_OWNER, Nothing, ViewOf, command, shown, view
from http_edge.web.browse import menu_files
from http_edge.web.browse.meals import MEAL
from http_edge.web.browse.menu_files import FILE_BYTES, Format, MealsInFile, Row, fault_of
from http_edge.web.browse.restaurants import RESTAURANT
from http_edge.wire.problems import Problem, not_ready
from topics import keys
from topics.contracts.menu_commands import (
    MOST_ROWS,
    PAGE_BYTES,
    PAGE_ROWS,
    PAGES,
    TOPIC,
    FileRow,
    OpenImport,
    RowFault,
    StartImport,
    TakePage,
    page,
)
from topics.documents.menu import MenuImport, OpenedImport
from topics.values.faults import Fault

MENU_IMPORT = shown("menu_import", "menu")

TURN_SECONDS = 0.01
"""For which lines are read before other requests have their turn."""

_opened = msgspec.json.Decoder(OpenedImport)


class ImportAsked(msgspec.Struct, frozen=True, kw_only=True):
    """format: absent where the file shows it: JSON begins with a bracket."""

    format: Format | None = None


class _OfMenu(msgspec.Struct, frozen=True):
    restaurant_id: str


_of_menu = msgspec.json.Decoder(_OfMenu)


@dataclass(slots=True)
class _Filling:
    """A page that is being filled. size: of its rows as JSON."""

    rows: list[FileRow] = field(default_factory=list[FileRow])
    refused: list[RowFault] = field(default_factory=list[RowFault])
    lines: int = 0
    size: int = 0

    def has_room_for(self, size: int) -> bool:
        return self.lines < PAGE_ROWS and (not self.lines or self.size + size <= PAGE_BYTES)

    def add(self, row: Row, size: int) -> None:
        if row.row is not None:
            self.rows.append(row.row)
        self.refused += row.faults
        self.lines += 1
        self.size += size


async def _start(asked: Asked) -> StartImport:
    """Raises Problem, and Unavailable."""
    check_user_id(asked, menu_files.owner_said(asked.raw))
    restaurant_id = asked.parameters["restaurant_id"]
    file = menu_files.read(asked.raw, restaurant_id, asked.asks.format)
    filled = [each async for each in _pages(file.rows)]
    if not filled:
        raise Problem(422, "invalid_input", "The file has no rows.")
    if len(filled) > PAGES:
        raise Problem(413, "body_too_large", "The rows of the file are too large together, send it in parts.")
    pages = await _with_known_meals(asked, restaurant_id, filled)
    number = await _open(asked, restaurant_id)
    for place, rows in enumerate(pages):
        take = TakePage(restaurant_id=restaurant_id, number=number, rows=tuple(rows.rows), refused=tuple(rows.refused))
        await send_before(IMPORT, asked, page(restaurant_id, place), take)
    rows = sum(each.lines for each in pages)
    return StartImport(number=number, rows=rows, pages=len(pages), ignored=file.ignored)


async def _open(asked: Asked, restaurant_id: str) -> int:
    reply = await send_before(IMPORT, asked, restaurant_id, OpenImport(restaurant_id=restaurant_id))
    if reply is None:
        raise not_taken()  # a number without pages: nothing comes of it
    return _opened.decode(reply.body).number


async def _pages(rows: Iterator[Row | None]) -> AsyncIterator[_Filling]:
    now = asyncio.get_running_loop().time
    filling, lines, since = _Filling(), 0, now()
    for row in rows:
        if now() - since > TURN_SECONDS:
            await asyncio.sleep(0)
            since = now()
        if row is None:
            continue
        lines += 1
        if lines > MOST_ROWS:
            raise menu_files.too_many()
        size = len(msgspec.json.encode(row))
        if not filling.has_room_for(size):
            yield filling
            filling = _Filling()
        filling.add(row, size)
    if filling.lines:
        yield filling


async def _with_known_meals(asked: Asked, restaurant_id: str, pages: Sequence[_Filling]) -> Sequence[_Filling]:
    """Rows that name a meal by its id are refused where it is not on this menu: nothing of theirs reaches somebody else's."""
    known = [row.meal_id for each in pages for row in each.rows if row.known]
    if not known:
        return pages
    await own_writes.require_all(asked.edge.reads, asked.me, (MEAL,))
    for each in pages:
        wanted = [row for row in each.rows if row.known]
        if not wanted:
            continue
        ready, *values = await asked.edge.reads.get(
            (MEAL.ready, *(keys.document(MEAL.name, row.meal_id) for row in wanted))
        )
        if ready is None:
            raise not_ready()
        gone = {row.line for row, value in zip(wanted, values, strict=True) if not _is_on(value, restaurant_id)}
        each.rows = [row for row in each.rows if row.line not in gone]
        each.refused += (fault_of(line, Fault("id", "there is no such meal on this menu")) for line in sorted(gone))
    return pages


def _is_on(value: bytes | None, restaurant_id: str) -> bool:
    body = b"" if value is None else keys.split(value)[1]
    return bool(body) and _of_menu.decode(body).restaurant_id == restaurant_id


def _sees(asked: Asked) -> list[tuple[ViewOf, str]]:
    return [(RESTAURANT, asked.parameters["restaurant_id"])]


IMPORT = command(
    "POST", "/meals/restaurant/{restaurant_id}/import", StartImport, to=TOPIC, key=parameter("restaurant_id"),
    who=RESTAURANT_OWNER, takes=Nothing, make=_start, file={"text/csv": str, "application/json": MealsInFile},
    body_bytes=FILE_BYTES, asks=ImportAsked, success=201, gives=MenuImport, has_seen=_sees,
    answers={409: ("import_running", "import_replaced"), 413: "body_too_large"},
    says="Import a menu: CSV with a line of column names, or a JSON list of meals. A row is added, or changes the"
    " meal with the same id, code or name; a row that is wrong is told, and the others go on. The same file again changes"
    " nothing.",
)  # fmt: skip

ROUTES = (
    IMPORT,
    view(
        "/meals/restaurant/{restaurant_id}/import", MENU_IMPORT, key=parameter("restaurant_id"), who=RESTAURANT_OWNER,
        owner="owner_id", gives=MenuImport,
        says="How far the last import of the menu is, and which rows were refused why.",
    ),
)  # fmt: skip
