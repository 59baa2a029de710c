"""What happened to imports of menus, and to their pages. What became of a meal stands in the catalog's events."""

from datetime import datetime

from topics.contracts.catalog_events import Outcome
from topics.contracts.menu_commands import FileRow, RowFault
from topics.messages.message import Message
from topics.messages.topic import FOREVER, Topic


class ImportOpened(Message, frozen=True, kw_only=True):
    """A number is given; of the imports with other numbers none can start any more."""

    number: int
    owner_id: str


class ImportStarted(Message, frozen=True, kw_only=True):
    """rows, pages, ignored: see StartImport."""

    number: int
    owner_id: str
    rows: int
    pages: int
    started_at: datetime
    ignored: tuple[str, ...] = ()


class PageTaken(Message, frozen=True, kw_only=True):
    """Of a page, as all below but PageNoted. owner_id: who has sent it."""

    number: int
    restaurant_id: str
    owner_id: str
    rows: tuple[FileRow, ...]
    refused: tuple[RowFault, ...]


class PageRun(Message, frozen=True, kw_only=True):
    """Its rows go to their meals. place: of the page in its import, from 0."""

    number: int
    place: int


class RowNoted(Message, frozen=True, kw_only=True):
    line: int
    outcome: Outcome
    field: str = ""
    why: str = ""


class PageEnded(Message, frozen=True, kw_only=True):
    """added, changed, unchanged: rows. refused: each fault of the others. lost: see NotePage."""

    number: int
    place: int
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: tuple[RowFault, ...] = ()
    lost: bool = False


class PageNoted(Message, frozen=True, kw_only=True):
    """Of the import: so far have its pages come. next: the place of the page whose turn it is now; None: that was the last."""

    number: int
    added: int
    changed: int
    unchanged: int
    refused: tuple[RowFault, ...]
    lost: bool
    next: int | None


Event = ImportOpened | ImportStarted | PageTaken | PageRun | RowNoted | PageEnded | PageNoted

TOPIC = Topic(
    name="menu_events",
    messages=(ImportOpened, ImportStarted, PageTaken, PageRun, RowNoted, PageEnded, PageNoted),
    key="restaurant id, or that of a page",
    producers=("menu",),
    consumers=("menu",),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
)
