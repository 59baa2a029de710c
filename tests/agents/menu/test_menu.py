"""An import of a menu: who may begin one, its pages in turn, and its report."""

from typing import Any

import pytest
from msgspec.structs import replace

from agents.menu.decider import DECIDER
from agents.menu.facts import Facts
from agents.menu.pages import END, TURN
from agents.menu.policy import react
from agents.menu.projection import MENU_IMPORT
from tests.agents import scenario
from tests.agents.scenario import ID, LATER, NOW, shown
from topics.contracts import catalog_commands, menu_commands
from topics.contracts.catalog_commands import PutMeal, RowRef, SaidMeal
from topics.contracts.menu_commands import (
    EndPage,
    FileRow,
    NotePage,
    NoteRow,
    OpenImport,
    RowFault,
    RunPage,
    StartImport,
    TakePage,
    page,
    restaurant_of,
)
from topics.contracts.menu_events import (
    ImportOpened,
    ImportStarted,
    PageEnded,
    PageNoted,
    PageRun,
    PageTaken,
    RowNoted,
)
from topics.copies import RestaurantCopy
from topics.deciding.decision import Send, Timer
from topics.documents.menu import MOST_PROBLEMS
from topics.messages.event import EventMeta

OWNER = "owner-1"
OURS = Facts(
    restaurants={ID: RestaurantCopy(name="Mahmut", is_open=True, delivery_fee=0, min_order_price=0, owner_id=OWNER)}
)
OPEN, START = OpenImport(restaurant_id=ID), StartImport(number=1, rows=3, pages=2)
OPENED = ImportOpened(number=1, owner_id=OWNER)
STARTED = ImportStarted(number=1, owner_id=OWNER, rows=3, pages=2, started_at=NOW)
ADANA = FileRow(line=2, meal_id="adana", known=False, said=SaidMeal(name="Adana", price=24_550))
URFA = FileRow(line=3, meal_id="urfa", known=True, said=SaidMeal(name="Urfa", price=24_000))
BAD = RowFault(line=4, field="price", why="is no price such as 245,50")
TAKE = TakePage(restaurant_id=ID, number=1, rows=(ADANA, URFA), refused=(BAD,))
TAKEN = PageTaken(number=1, restaurant_id=ID, owner_id=OWNER, rows=(ADANA, URFA), refused=(BAD,))
RUN, TURN_OF_IT = RunPage(number=1, place=0), PageRun(number=1, place=0)


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def sends(event: Any, *before: Any) -> list[Send]:
    """What the policy makes of the event behind the others."""
    state = given(*before, event).state
    return list(react(event, EventMeta("e", page(ID, 0), 1, NOW), state))


# -- the import


def test_the_owner_opens_an_import_and_gets_its_number() -> None:
    given().when(OPEN, facts=OURS, caller=OWNER).then(OPENED).answering(number=1)
    again = given(OPENED).when(OPEN, facts=OURS, caller=OWNER)
    again.then(replace(OPENED, number=2)).answering(number=2)


@pytest.mark.parametrize("caller", ["another", None, ""])
@pytest.mark.parametrize("command", [OPEN, TAKE, START], ids=lambda command: type(command).__name__)
def test_to_others_there_is_no_such_restaurant(command: Any, caller: str | None) -> None:
    given(OPENED).when(command, facts=OURS, caller=caller).then_rejected("not_found")
    given().when(command, facts=Facts(), caller=caller).then_rejected("not_found")


def test_it_starts_with_the_number_that_was_given_last() -> None:
    given(OPENED).when(START, caller=OWNER).then(STARTED).answering(
        number=1, status="running", rows=3, refused=0, problems=[], restaurant_id=ID
    )
    second = replace(OPENED, number=2)
    given(OPENED, second).when(START, caller=OWNER).then_rejected("import_replaced")
    given().when(START, caller=OWNER).then_rejected("not_found")


def test_there_is_one_at_a_time() -> None:
    given(OPENED, STARTED).when(OPEN, facts=OURS, caller=OWNER).then_rejected("import_running")
    given(OPENED, STARTED).when(START, caller=OWNER).then_rejected("import_running")
    over = PageNoted(number=1, added=3, changed=0, unchanged=0, refused=(), lost=False, next=None)
    given(OPENED, STARTED, over).when(OPEN, facts=OURS, caller=OWNER).then(replace(OPENED, number=2))


def test_it_goes_from_page_to_page_and_ends_behind_the_last() -> None:
    first = given(OPENED, STARTED).when(NotePage(number=1, place=0, added=2), caller=None)
    first.then(PageNoted(number=1, added=2, changed=0, unchanged=0, refused=(), lost=False, next=1))
    last = scenario.Given(DECIDER, first.state).when(NotePage(number=1, place=1, refused=(BAD,)), caller=None)
    last.then(PageNoted(number=1, added=0, changed=0, unchanged=0, refused=(BAD,), lost=False, next=None))
    scenario.Given(DECIDER, last.state).when(NotePage(number=1, place=1), caller=None).then_nothing()


@pytest.mark.parametrize("note", [NotePage(number=1, place=1), NotePage(number=2, place=0)], ids=["place", "number"])
def test_a_page_whose_turn_it_is_not_changes_nothing(note: NotePage) -> None:
    given(OPENED, STARTED).when(note, caller=None).then_nothing()


# -- a page


def test_a_page_takes_rows_and_those_of_a_later_import_take_their_place() -> None:
    given().when(TAKE, facts=OURS, caller=OWNER).then(TAKEN).answering(message="The rows are taken.")
    later = replace(TAKE, number=2, rows=(), refused=(BAD,))
    given(TAKEN).when(later, facts=OURS, caller=OWNER).then(replace(TAKEN, number=2, rows=(), refused=(BAD,)))
    given(replace(TAKEN, number=2)).when(TAKE, facts=OURS, caller=OWNER).then_rejected("import_replaced")


def test_a_page_takes_none_while_its_rows_are_on_their_way() -> None:
    later = replace(TAKE, number=2)
    given(TAKEN, TURN_OF_IT).when(later, facts=OURS, caller=OWNER).then_rejected("import_running")
    ended = PageEnded(number=1, place=0, added=2, refused=(BAD,))
    assert given(TAKEN, TURN_OF_IT, ended).when(later, facts=OURS, caller=OWNER).decision.events


def test_a_page_has_its_turn_and_a_time_by_which_it_ends() -> None:
    outcome = given(TAKEN).when(RUN, caller=None).then(TURN_OF_IT)
    outcome.setting(Timer(END, NOW + TURN, EndPage(number=1)))
    scenario.Given(DECIDER, outcome.state).when(RUN, caller=None).then_nothing()


def test_a_page_without_good_rows_ends_at_once() -> None:
    bad = replace(TAKEN, rows=())
    given(bad).when(RUN, caller=None).then(TURN_OF_IT, PageEnded(number=1, place=0, refused=(BAD,))).setting()


@pytest.mark.parametrize("events", [(), (replace(TAKEN, number=2),)], ids=["empty", "another import's"])
def test_a_page_that_is_not_there_is_told_as_lost(events: tuple[Any, ...]) -> None:
    outcome = given(*events).when(RUN, caller=None).then(PageEnded(number=1, place=0, lost=True))
    assert outcome.state == given(*events).state, "another import's rows stay"


def test_a_page_ends_when_its_last_row_is_answered_for() -> None:
    first = given(TAKEN, TURN_OF_IT).when(NoteRow(number=1, line=3, outcome="added"), caller=None)
    first.then(RowNoted(line=3, outcome="added"))
    refused = NoteRow(number=1, line=2, outcome="refused", field="diets[0]", why="no")
    fault = RowFault(line=2, field="diets[0]", why="no")
    last = scenario.Given(DECIDER, first.state).when(refused, caller=None)
    last.then(
        RowNoted(line=2, outcome="refused", field="diets[0]", why="no"),
        PageEnded(number=1, place=0, added=1, refused=(BAD, fault)),
    )
    assert last.decision.cancels == (END,)
    assert last.state.page.rows == (), "what is done is not kept"
    scenario.Given(DECIDER, last.state).when(refused, caller=None).then_nothing()


@pytest.mark.parametrize(
    "note",
    [NoteRow(number=2, line=2, outcome="added"), NoteRow(number=1, line=9, outcome="added")],
    ids=["another import", "no such line"],
)
def test_what_is_not_waited_for_changes_nothing(note: NoteRow) -> None:
    given(TAKEN, TURN_OF_IT).when(note, caller=None).then_nothing()
    given(TAKEN).when(note, caller=None).then_nothing()
    given().when(note, caller=None).then_nothing()


def test_rows_that_nobody_answers_for_are_given_up() -> None:
    noted = RowNoted(line=2, outcome="unchanged")
    outcome = given(TAKEN, TURN_OF_IT, noted).when(EndPage(number=1), caller=None)
    (ended,) = outcome.decision.events
    assert (ended.unchanged, [fault.line for fault in ended.refused]) == (1, [4, 3])
    scenario.Given(DECIDER, outcome.state).when(EndPage(number=1), caller=None).then_nothing()


# -- what follows


def test_a_start_gives_the_first_page_its_turn() -> None:
    (send,) = list(react(STARTED, EventMeta("e", ID, 2, NOW), given(OPENED, STARTED).state))
    assert send == Send(menu_commands.TOPIC, page(ID, 0), RUN)


def test_a_page_that_ends_tells_the_import_and_that_gives_the_next_one_its_turn() -> None:
    ended = PageEnded(number=1, place=0, added=2, refused=(BAD,))
    assert sends(ended, TAKEN, TURN_OF_IT) == [
        Send(menu_commands.TOPIC, ID, NotePage(number=1, place=0, added=2, refused=(BAD,)))
    ]
    noted = PageNoted(number=1, added=2, changed=0, unchanged=0, refused=(BAD,), lost=False, next=1)
    state = given(OPENED, STARTED, noted).state
    assert list(react(noted, EventMeta("e", ID, 3, NOW), state)) == [
        Send(menu_commands.TOPIC, page(ID, 1), RunPage(number=1, place=1))
    ]
    last = replace(noted, next=None)
    assert list(react(last, EventMeta("e", ID, 3, NOW), given(OPENED, STARTED, last).state)) == []


def test_the_rows_of_a_page_go_to_their_meals() -> None:
    found = sends(TURN_OF_IT, TAKEN)
    assert [(send.topic, send.key) for send in found] == [(catalog_commands.TOPIC, name) for name in ("adana", "urfa")]
    assert found[1].message == PutMeal(
        restaurant_id=ID, owner_id=OWNER, known=True, said=URFA.said, row=RowRef(page=page(ID, 0), number=1, line=3)
    )
    assert len({send.suffix for send in found}) == 2


def test_a_page_knows_its_restaurant() -> None:
    assert restaurant_of(page("r:page:1", 12)) == "r:page:1"


# -- what is shown


def test_the_report_counts_rows_and_names_faults() -> None:
    first = PageNoted(
        number=1, added=1, changed=0, unchanged=0, refused=(BAD, replace(BAD, field="name")), lost=False, next=1
    )
    running = shown(MENU_IMPORT, OPENED, STARTED, first, at=LATER)
    assert (running.status, running.added, running.refused, len(running.problems)) == ("running", 1, 1, 2)
    last = PageNoted(number=1, added=0, changed=1, unchanged=0, refused=(), lost=True, next=None)
    ended = shown(MENU_IMPORT, OPENED, STARTED, first, last, at=LATER)
    assert (ended.status, ended.added, ended.changed, ended.lost) == ("ended", 1, 1, 1)
    assert (ended.started_at, ended.updated_at) == (NOW, LATER)


def test_the_report_names_the_first_faults_and_counts_all() -> None:
    many = tuple(replace(BAD, line=line) for line in range(MOST_PROBLEMS))
    page_of_them = PageNoted(number=1, added=0, changed=0, unchanged=0, refused=many, lost=False, next=1)
    report = shown(MENU_IMPORT, OPENED, STARTED, page_of_them, page_of_them)
    assert (report.refused, len(report.problems)) == (2 * MOST_PROBLEMS, MOST_PROBLEMS)


def test_the_last_import_is_shown_until_another_one_starts() -> None:
    done = PageNoted(number=1, added=3, changed=0, unchanged=0, refused=(), lost=False, next=None)
    second = replace(OPENED, number=2)
    assert shown(MENU_IMPORT, OPENED, STARTED, done, second).number == 1
    assert shown(MENU_IMPORT, OPENED, STARTED, done, second, replace(STARTED, number=2)).added == 0
    assert shown(MENU_IMPORT, TAKEN, TURN_OF_IT, RowNoted(line=2, outcome="added")) is None, "pages are not shown"


def test_the_first_answer_is_what_the_view_shows() -> None:
    outcome = given(OPENED).when(START, caller=OWNER)
    assert outcome.decision.answer == shown(MENU_IMPORT, OPENED, *outcome.decision.events)
