from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from agents.address.decider import DECIDER, MOST
from agents.address.projection import ADDRESS
from tests.agents import scenario
from tests.agents.scenario import ID, LATER, NOW, shown
from topics.contracts.address_commands import AddAddress, Command, RemoveAddress, ReplaceAddress
from topics.contracts.address_events import AddressAdded, AddressRemoved, AddressReplaced, Event, SavedAddress
from topics.deciding.decision import Context
from topics.documents.account import AddressBook

HOME, WORK, MUM = "home", "work", "mum"
ADD = AddAddress(
    title="Ev",
    address="Moda Caddesi 12",
    city="İstanbul",
    district="Kadıköy",
    full_address="Caferağa Mah. Moda Caddesi 12",
    zip_code="34710",
    apartment="B",
    floor="3",
    door_number="7",
    latitude=40.98,
    longitude=29.02,
)
NEW_ID = Context(scenario.COMMAND_ID, ID, NOW).new_id("address")


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def saved(address_id: str, **said: Any) -> SavedAddress:
    fields = {name: value for name, value in asdict(ADD).items() if name != "is_default"}
    return SavedAddress(**{"id": address_id, "created_at": NOW, "updated_at": NOW, **fields, **said})


def added(address_id: str, default_id: str) -> AddressAdded:
    return AddressAdded(address=saved(address_id), default_id=default_id)


def to_be(address_id: str, **said: Any) -> ReplaceAddress:
    return ReplaceAddress(**{**asdict(ADD), "address_id": address_id, **said})


THREE = (added(HOME, HOME), added(WORK, HOME), added(MUM, HOME))

# -- add


@pytest.mark.parametrize("said", [False, True])
def test_the_first_address_is_the_default_whatever_is_said(said: bool) -> None:
    outcome = given().when(replace(ADD, is_default=said)).then(added(NEW_ID, NEW_ID))
    outcome.answering(id=NEW_ID, is_default=True, entity_type="user", entity_id=ID, user_id=ID, title="Ev", floor="3")


def test_a_further_address_leaves_the_default_where_it_is() -> None:
    given(added(HOME, HOME)).when(ADD).then(added(NEW_ID, HOME)).answering(is_default=False)


def test_a_further_address_that_is_to_be_the_default_moves_it() -> None:
    given(added(HOME, HOME)).when(replace(ADD, is_default=True)).then(added(NEW_ID, NEW_ID)).answering(is_default=True)


def test_what_nobody_said_is_null_and_never_missing() -> None:
    least = AddAddress(title="Ev", address="Moda", city="İstanbul", district="Kadıköy")
    nothing = dict.fromkeys(("apartment", "floor", "door_number", "latitude", "longitude"))
    given().when(least).answering(**nothing, full_address="", zip_code="")


def test_an_address_book_that_is_full_takes_no_more_addresses() -> None:
    full = [added(f"a-{n}", "a-0") for n in range(MOST)]
    given(*full).when(ADD).then_rejected("address_book_full")
    given(*full, AddressRemoved(address_id="a-3", default_id="a-0")).when(ADD).then(added(NEW_ID, "a-0"))


@pytest.mark.parametrize("make", [lambda **said: replace(ADD, **said), lambda **said: to_be(HOME, **said)])
def test_a_place_has_both_coordinates_or_none(make: Callable[..., Command]) -> None:
    book = given(added(HOME, HOME))
    book.when(make(longitude=None)).then_rejected("invalid_input", field="longitude")
    book.when(make(latitude=None)).then_rejected("invalid_input", field="latitude")
    book.when(make(latitude=0.0, longitude=0.0)).answering(latitude=0.0, longitude=0.0)
    book.when(make(latitude=None, longitude=None)).answering(latitude=None, longitude=None)


# -- replace


def test_an_address_is_replaced_whole() -> None:
    command = ReplaceAddress(address_id=HOME, title="Yeni ev", address="Moda 1", city="İstanbul", district="Kadıköy")
    nothing = dict.fromkeys(("apartment", "floor", "door_number", "latitude", "longitude"))
    now = saved(HOME, title="Yeni ev", address="Moda 1", full_address="", zip_code="", updated_at=LATER, **nothing)
    outcome = given(*THREE).when(command, now=LATER).then(AddressReplaced(address=now, default_id=HOME))
    outcome.answering(title="Yeni ev", created_at="2026-03-01T18:30:00Z", updated_at="2026-03-01T18:35:00Z")


def test_replacing_moves_the_default_where_it_is_to_be_the_default() -> None:
    outcome = given(*THREE).when(to_be(MUM, is_default=True), now=LATER)
    outcome.then(AddressReplaced(address=saved(MUM, updated_at=LATER), default_id=MUM)).answering(is_default=True)


def test_the_default_cannot_be_given_up_without_another_one() -> None:
    given(*THREE).when(to_be(HOME, is_default=False)).then_nothing().answering(is_default=True)
    given(*THREE).when(to_be(HOME, is_default=False, title="Yazlık")).answering(is_default=True, title="Yazlık")


@pytest.mark.parametrize("is_default", [True, False])
def test_replacing_by_the_same_changes_nothing_and_answers(is_default: bool) -> None:
    which = HOME if is_default else WORK
    outcome = given(*THREE).when(to_be(which, is_default=is_default), now=LATER).then_nothing()
    outcome.answering(id=which, is_default=is_default, updated_at="2026-03-01T18:30:00Z")


# -- remove


def test_an_address_is_removed() -> None:
    given(*THREE).when(RemoveAddress(address_id=WORK)).then(AddressRemoved(address_id=WORK, default_id=HOME))
    moved = AddressReplaced(address=saved(WORK), default_id=WORK)
    given(*THREE, moved).when(RemoveAddress(address_id=MUM)).then(AddressRemoved(address_id=MUM, default_id=WORK))


def test_the_oldest_other_one_is_the_default_after_the_default_is_removed() -> None:
    moved = AddressReplaced(address=saved(WORK), default_id=WORK)
    removed = AddressRemoved(address_id=WORK, default_id=HOME)
    given(*THREE, moved).when(RemoveAddress(address_id=WORK)).then(removed)
    given(*THREE).when(RemoveAddress(address_id=HOME)).then(AddressRemoved(address_id=HOME, default_id=WORK))


def test_the_last_address_leaves_no_default_and_the_next_one_is_it() -> None:
    removed = AddressRemoved(address_id=HOME, default_id=None)
    given(added(HOME, HOME)).when(RemoveAddress(address_id=HOME)).then(removed)
    given(added(HOME, HOME), removed).when(ADD).then(added(NEW_ID, NEW_ID))


@pytest.mark.parametrize("command", [to_be("nope"), to_be("nope", latitude=None), RemoveAddress(address_id="nope")])
def test_what_is_not_in_the_book_is_not_found(command: Command) -> None:
    given().when(command).then_rejected("not_found")
    given(*THREE).when(command).then_rejected("not_found")


def test_an_address_that_is_gone_is_not_found() -> None:
    gone = AddressRemoved(address_id=WORK, default_id=HOME)
    given(*THREE, gone).when(RemoveAddress(address_id=WORK)).then_rejected("not_found")
    given(*THREE, gone).when(to_be(WORK)).then_rejected("not_found")


# -- what is shown


def test_a_book_is_shown_in_the_order_in_which_it_was_written() -> None:
    book = shown(ADDRESS, *THREE, AddressReplaced(address=saved(WORK, title="İş"), default_id=WORK))
    listed = [(each.id, each.title, each.is_default) for each in book.addresses]
    assert listed == [(HOME, "Ev", False), (WORK, "İş", True), (MUM, "Ev", False)]


def test_an_empty_book_is_an_empty_list() -> None:
    assert shown(ADDRESS, added(HOME, HOME), AddressRemoved(address_id=HOME, default_id=None)) == AddressBook(
        addresses=()
    )


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "replace", "remove"]), st.integers(0, 4), st.booleans()), max_size=12
)


@for_all(STEPS)
def test_there_is_one_default_while_there_is_an_address_and_the_view_shows_what_was_answered(
    steps: list[tuple[str, int, bool]],
) -> None:
    events: list[Event] = []
    book = given()
    for n, (what, place, is_default) in enumerate(steps):
        known = [each.id for each in book.state.addresses]
        chosen = known[place % len(known)] if known else "nope"
        commands: dict[str, Command] = {
            "add": replace(ADD, is_default=is_default, title=f"{n}"),
            "replace": to_be(chosen, is_default=is_default, title=f"{n}"),
            "remove": RemoveAddress(address_id=chosen),
        }
        outcome = book.when(commands[what], command_id=f"command-{n}")
        events.extend(outcome.decision.events)
        book = scenario.Given(DECIDER, outcome.state)
        document = shown(ADDRESS, *events)
        defaults = [each.id for each in document.addresses if each.is_default] if events else []
        assert defaults == ([] if book.state.default_id is None else [book.state.default_id])
        assert len(defaults) == bool(book.state.addresses)
        if what != "remove" and outcome.decision.rejection is None:
            assert outcome.decision.answer in document.addresses
