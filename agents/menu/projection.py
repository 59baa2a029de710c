"""What an owner sees of the import of a menu."""

from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from topics.contracts import menu_events
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
from topics.deciding.projection import Shown, View
from topics.documents.menu import MOST_PROBLEMS, MenuImport
from topics.messages.event import EventMeta


def started(restaurant_id: str, event: ImportStarted) -> MenuImport:
    """The document at the beginning, and the answer to the owner."""
    return MenuImport(
        restaurant_id=restaurant_id,
        owner_id=event.owner_id,
        number=event.number,
        rows=event.rows,
        ignored=event.ignored,
        started_at=event.started_at,
        updated_at=event.started_at,
    )


def show(before: MenuImport | None, event: Event, meta: EventMeta) -> Shown[MenuImport]:
    """What was opened and has not started is not shown: the last import stays."""
    match event:
        case ImportStarted():
            return Shown(started(meta.aggregate_id, event))
        case PageNoted():
            return Shown(before and _further(before, event, meta.at))
        case ImportOpened() | PageTaken() | PageRun() | RowNoted() | PageEnded():
            return Shown(before)
        case _:
            assert_never(event)


def _further(before: MenuImport, event: PageNoted, at: datetime) -> MenuImport:
    return replace(
        before,
        status="running" if event.next is not None else "ended",
        added=before.added + event.added,
        changed=before.changed + event.changed,
        unchanged=before.unchanged + event.unchanged,
        refused=before.refused + len({fault.line for fault in event.refused}),
        lost=before.lost + event.lost,
        problems=(*before.problems, *event.refused)[:MOST_PROBLEMS],
        updated_at=at,
    )


MENU_IMPORT = View[MenuImport, Event](name="menu_import", topic=menu_events.TOPIC, document=MenuImport, show=show)
