"""What became of a row of a menu file is told to the menu domain, which waits for it."""

from collections.abc import Iterable

from agents.catalog.dish import Dish
from topics.contracts import menu_commands
from topics.contracts.catalog_events import Event, RowSettled
from topics.contracts.menu_commands import NoteRow
from topics.deciding.decision import Send
from topics.messages.event import EventMeta


def react(event: Event, meta: EventMeta, dish: Dish) -> Iterable[Send]:
    if isinstance(event, RowSettled):
        row = event.row
        note = NoteRow(number=row.number, line=row.line, outcome=event.outcome, field=event.field, why=event.why)
        yield Send(menu_commands.TOPIC, row.page, note)
