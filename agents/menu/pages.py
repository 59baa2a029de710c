"""What a page may do: it takes rows, waits for its turn, sends them to their meals, and waits until each is answered for."""

from datetime import timedelta

from agents.menu.facts import Facts
from agents.menu.work import Page, Work, evolve
from topics.contracts.menu_commands import EndPage, NoteRow, RowFault, RunPage, TakePage
from topics.contracts.menu_events import Event, PageEnded, PageRun, PageTaken, RowNoted
from topics.deciding.decision import Context, Decision, Timer, accept, reject
from topics.documents import Done

TURN = timedelta(minutes=10)
"""After so long rows that nobody has answered for are given up: the keys of their meals may be parked."""

END = "end"
"""Name of the timer."""

TAKEN = Done(message="The rows are taken.")


def take(command: TakePage, page: Page | None, facts: Facts, context: Context) -> Decision[Event]:
    if not facts.owned(command.restaurant_id, context.caller):
        return reject("not_found", "you have no such restaurant")
    if page is not None and page.running:
        return reject("import_running", "an import of this menu is under way, wait until it has ended")
    if page is not None and page.number > command.number:
        return reject("import_replaced", "another import of this menu was begun meanwhile, send the file again")
    taken = PageTaken(
        number=command.number, restaurant_id=command.restaurant_id, owner_id=context.caller or "", rows=command.rows,
        refused=command.refused,
    )  # fmt: skip
    return accept(taken, answer=TAKEN)


def run(command: RunPage, page: Page | None, context: Context) -> Decision[Event]:
    if page is None or page.number != command.number:
        return accept(PageEnded(number=command.number, place=command.place, lost=True))
    if page.place is not None:
        return accept()
    turn = PageRun(number=page.number, place=command.place)
    if not page.rows:
        return accept(turn, PageEnded(number=page.number, place=command.place, refused=page.refused))
    return accept(turn, timers=(Timer(END, context.now + TURN, EndPage(number=page.number)),))


def note(command: NoteRow, page: Page | None) -> Decision[Event]:
    """What comes too late, or for another import, changes nothing."""
    if page is None or not page.running or page.number != command.number or command.line not in page.waiting:
        return accept()
    noted = RowNoted(line=command.line, outcome=command.outcome, field=command.field, why=command.why)
    then = evolve(Work(page=page), noted).page or page
    return accept(noted, _ended(then), cancels=(END,)) if not then.waiting else accept(noted)


def end(command: EndPage, page: Page | None) -> Decision[Event]:
    if page is None or not page.running or page.number != command.number:
        return accept()
    return accept(_ended(page))


def _ended(page: Page) -> PageEnded:
    late = (RowFault(line=line, field="", why="was not done in time, send the file again") for line in page.waiting)
    return PageEnded(
        number=page.number, place=page.place or 0, added=page.added, changed=page.changed, unchanged=page.unchanged,
        refused=(*page.refused, *late),
    )  # fmt: skip
