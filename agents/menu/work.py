"""The state of an import and of a page, and how events change it. Both are aggregates of this domain."""

from typing import assert_never

import msgspec
from msgspec.structs import replace

from topics.contracts.menu_commands import FileRow, RowFault
from topics.contracts.menu_events import (
    Event,
    ImportOpened,
    ImportStarted,
    PageEnded,
    PageNoted,
    PageRun,
    PageTaken,
    RowNoted,
)


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """number, owner_id: of the last one that was opened. running: it has started and not ended. place: whose page's turn it
    is."""

    number: int = 0
    owner_id: str = ""
    running: bool = False
    pages: int = 0
    place: int = 0


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """place: None before its turn. waiting: lines of its rows that nobody has answered for. rows: empty once the first is
    answered for, since they are on their way then. refused: empty once it has ended."""

    number: int
    restaurant_id: str
    owner_id: str
    rows: tuple[FileRow, ...] = ()
    refused: tuple[RowFault, ...] = ()
    place: int | None = None
    waiting: tuple[int, ...] = ()
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    ended: bool = False

    @property
    def running(self) -> bool:
        return self.place is not None and not self.ended


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """of_menu: under a restaurant's id. page: under the key of a page."""

    of_menu: Import = Import()
    page: Page | None = None


def evolve(work: Work, event: Event) -> Work:
    match event:
        case ImportOpened() | ImportStarted() | PageNoted():
            return replace(work, of_menu=_import(work.of_menu, event))
        case PageTaken():
            page = Page(
                number=event.number, restaurant_id=event.restaurant_id, owner_id=event.owner_id, rows=event.rows,
                refused=event.refused,
            )  # fmt: skip
            return replace(work, page=page)
        case PageRun() | RowNoted() | PageEnded():
            return replace(work, page=work.page and _page(work.page, event))
        case _:
            assert_never(event)


def _import(known: Import, event: ImportOpened | ImportStarted | PageNoted) -> Import:
    match event:
        case ImportOpened():
            return Import(number=event.number, owner_id=event.owner_id)
        case ImportStarted():
            return replace(known, running=True, pages=event.pages, place=0)
        case PageNoted():
            return replace(known, running=event.next is not None, place=event.next or known.place)
        case _:
            assert_never(event)


def _page(page: Page, event: PageRun | RowNoted | PageEnded) -> Page:
    match event:
        case PageRun():
            return replace(page, place=event.place, waiting=tuple(row.line for row in page.rows))
        case RowNoted():
            return _noted(page, event)
        case PageEnded():
            return page if event.number != page.number else replace(page, rows=(), refused=(), waiting=(), ended=True)
        case _:
            assert_never(event)


def _noted(page: Page, event: RowNoted) -> Page:
    left = replace(page, rows=(), waiting=tuple(line for line in page.waiting if line != event.line))
    match event.outcome:
        case "added":
            return replace(left, added=page.added + 1)
        case "changed":
            return replace(left, changed=page.changed + 1)
        case "unchanged":
            return replace(left, unchanged=page.unchanged + 1)
        case "refused":
            return replace(left, refused=(*page.refused, RowFault(line=event.line, field=event.field, why=event.why)))
        case _:
            assert_never(event.outcome)
