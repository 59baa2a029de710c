"""Commands to the import of a restaurant's menu (key = restaurant id), and to its pages (key = page()).

OpenImport, TakePage and StartImport come from the edge, NoteRow from the catalog; the domain sends itself RunPage, EndPage and
NotePage.

An import has no effect before StartImport. Pages are named by the restaurant and a number, so each import uses those of the one
before it again.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from topics.contracts.catalog_commands import SaidMeal
from topics.contracts.catalog_events import Outcome
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.values.fields import Id

MOST_ROWS = 5_000
"""Of a file."""
PAGE_ROWS = 50
PAGE_BYTES = 64 * 1024
"""A page holds no further row that would make it larger than this."""
ROW_BYTES = 16 * 1024
"""Of a row as JSON; as large as a body that adds one meal."""
PAGES = 500
"""Of an import, at most."""

Number = Annotated[int, Meta(ge=1)]
"""Of an import of a restaurant, counted from 1."""


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    """line: where it begins in the file, from 1; of a JSON file: its place in the list. known: the file names the meal by its
    id, so it has to be on the menu."""

    line: int
    meal_id: Id
    known: bool
    said: SaidMeal


class RowFault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a row was refused. field: empty for the row as a whole."""

    line: int
    field: str
    why: str


class OpenImport(Message, frozen=True, kw_only=True):
    """Answers with the number of an import that may follow. While one is under way there is no other."""

    restaurant_id: Id


class TakePage(Message, frozen=True, kw_only=True):
    """Rows that wait for their import. refused: those that cannot be read."""

    restaurant_id: Id
    number: Number
    rows: Annotated[tuple[FileRow, ...], Meta(max_length=PAGE_ROWS)] = ()
    refused: tuple[RowFault, ...] = ()


class StartImport(Message, frozen=True, kw_only=True):
    """All pages are taken. rows: of the file, also those that cannot be read. ignored: columns that mean nothing."""

    number: Number
    rows: Annotated[int, Meta(ge=1, le=MOST_ROWS)]
    pages: Annotated[int, Meta(ge=1, le=PAGES)]
    ignored: tuple[str, ...] = ()


class RunPage(Message, frozen=True, kw_only=True):
    """It is this page's turn."""

    number: Number
    place: int


class NoteRow(Message, frozen=True, kw_only=True):
    """What became of a row of the page."""

    number: Number
    line: int
    outcome: Outcome
    field: str = ""
    why: str = ""


class EndPage(Message, frozen=True, kw_only=True):
    """Of a timer: rows that have not been answered by now are given up."""

    number: Number


class NotePage(Message, frozen=True, kw_only=True):
    """What became of the rows of a page. lost: nobody knows, since another import has used the page."""

    number: Number
    place: int
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: tuple[RowFault, ...] = ()
    lost: bool = False


Command = OpenImport | TakePage | StartImport | RunPage | NoteRow | EndPage | NotePage

TOPIC = Topic(
    name="menu_commands",
    messages=(OpenImport, TakePage, StartImport, RunPage, NoteRow, EndPage, NotePage),
    key="restaurant id, or that of a page",
    producers=("edge", "catalog", "menu"),
    consumers=("menu",),
    append_time=True,
)

_PAGE = ":page:"


def page(restaurant_id: str, place: int) -> str:
    """The key of a page. place: from 0."""
    return f"{restaurant_id}{_PAGE}{place}"


def restaurant_of(page_key: str) -> str:
    return page_key.rpartition(_PAGE)[0]
