"""What an import of a menu may do: it opens, starts once its pages are there, and goes from page to page."""

from collections.abc import Iterable
from typing import assert_never

from agents.menu import pages
from agents.menu.facts import Facts
from agents.menu.projection import started
from agents.menu.work import Import, Work, evolve
from topics.contracts.menu_commands import (
    Command,
    EndPage,
    NotePage,
    NoteRow,
    OpenImport,
    RunPage,
    StartImport,
    TakePage,
)
from topics.contracts.menu_events import Event, ImportOpened, ImportStarted, PageNoted
from topics.copies import RESTAURANTS
from topics.deciding.decision import Context, Decider, Decision, accept, reject
from topics.documents.menu import OpenedImport


def decide(command: Command, work: Work, facts: Facts, context: Context) -> Decision[Event]:
    match command:
        case OpenImport():
            return _open(command, work.of_menu, facts, context)
        case StartImport():
            return _start(command, work.of_menu, context)
        case NotePage():
            return _note(command, work.of_menu)
        case TakePage():
            return pages.take(command, work.page, facts, context)
        case RunPage():
            return pages.run(command, work.page, context)
        case NoteRow():
            return pages.note(command, work.page)
        case EndPage():
            return pages.end(command, work.page)
        case _:
            assert_never(command)


def _open(command: OpenImport, known: Import, facts: Facts, context: Context) -> Decision[Event]:
    if not facts.owned(command.restaurant_id, context.caller):
        return reject("not_found", "you have no such restaurant")
    if known.running:
        return reject("import_running", "an import of this menu is under way, wait until it has ended")
    opened = ImportOpened(number=known.number + 1, owner_id=context.caller or "")
    return accept(opened, answer=OpenedImport(number=opened.number))


def _start(command: StartImport, known: Import, context: Context) -> Decision[Event]:
    if not known.number or known.owner_id != context.caller:
        return reject("not_found", "you have no such restaurant")
    if known.running:
        return reject("import_running", "an import of this menu is under way, wait until it has ended")
    if known.number != command.number:
        return reject("import_replaced", "another import of this menu was begun meanwhile, send the file again")
    event = ImportStarted(
        number=command.number, owner_id=known.owner_id, rows=command.rows, pages=command.pages, started_at=context.now,
        ignored=command.ignored,
    )  # fmt: skip
    return accept(event, answer=started(context.aggregate_id, event))


def _note(command: NotePage, known: Import) -> Decision[Event]:
    if not known.running or (known.number, known.place) != (command.number, command.place):
        return accept()
    following = command.place + 1
    noted = PageNoted(
        number=command.number, added=command.added, changed=command.changed, unchanged=command.unchanged,
        refused=command.refused, lost=command.lost, next=following if following < known.pages else None,
    )  # fmt: skip
    return accept(noted)


def needs(command: Command, work: Work) -> Iterable[tuple[str, str]]:
    if isinstance(command, OpenImport | TakePage):
        yield RESTAURANTS.name, command.restaurant_id


DECIDER = Decider[Command, Event, Work, Facts](
    state=Work, decide=decide, evolve=evolve, facts=Facts, fact_tables=(RESTAURANTS,), needs=needs
)
