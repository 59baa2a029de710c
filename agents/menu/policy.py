"""How an import goes on: the rows of one page go to their meals, and when all are answered for, the next page has its turn.

One page at a time: the commands of other owners do not wait behind thousands of rows.
"""

from collections.abc import Iterable

from agents.menu.work import Page, Work
from topics.contracts import catalog_commands, menu_commands
from topics.contracts.catalog_commands import PutMeal, RowRef
from topics.contracts.menu_commands import NotePage, RunPage, page, restaurant_of
from topics.contracts.menu_events import Event, ImportStarted, PageEnded, PageNoted, PageRun
from topics.deciding.decision import Send
from topics.messages.event import EventMeta


def react(event: Event, meta: EventMeta, work: Work) -> Iterable[Send]:
    match event:
        case ImportStarted():
            yield _turn(meta.aggregate_id, event.number, 0)
        case PageNoted(next=following) if following is not None:
            yield _turn(meta.aggregate_id, event.number, following)
        case PageRun() if work.page is not None:
            yield from _rows(work.page, meta.aggregate_id)
        case PageEnded():
            yield _told(event, restaurant_of(meta.aggregate_id))
        case _:
            return


def _turn(restaurant_id: str, number: int, place: int) -> Send:
    return Send(menu_commands.TOPIC, page(restaurant_id, place), RunPage(number=number, place=place))


def _rows(of: Page, key: str) -> Iterable[Send]:
    for row in of.rows:
        put = PutMeal(
            restaurant_id=of.restaurant_id,
            owner_id=of.owner_id,
            known=row.known,
            said=row.said,
            row=RowRef(page=key, number=of.number, line=row.line),
        )
        yield Send(catalog_commands.TOPIC, row.meal_id, put, suffix=f" {row.line}")


def _told(event: PageEnded, restaurant_id: str) -> Send:
    note = NotePage(
        number=event.number,
        place=event.place,
        added=event.added,
        changed=event.changed,
        unchanged=event.unchanged,
        refused=event.refused,
        lost=event.lost,
    )
    return Send(menu_commands.TOPIC, restaurant_id, note)
