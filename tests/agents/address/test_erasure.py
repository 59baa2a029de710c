"""The address book of a user who is erased: empty for ever, in the own store, in the view and in others' copies."""

import pytest

from agents.address.decider import DECIDER, Book
from agents.address.policy import erase
from agents.address.projection import ADDRESS
from tests.agents.address.test_address import ADD, HOME, added, given, to_be
from tests.agents.scenario import ID, NOW, shown
from topics.contracts import address_commands
from topics.contracts.address_commands import EraseBook, RemoveAddress
from topics.contracts.address_events import BookErased
from topics.contracts.user_erased import UserErased
from topics.copies import copy_book
from topics.deciding.decision import Origin, Send
from topics.messages.event import EventMeta
from topics.messages.message import Message


def test_all_addresses_go() -> None:
    outcome = given(added(HOME, HOME)).when(EraseBook(), caller=None).then(BookErased())
    assert outcome.state == Book(erased=True)


def test_erasing_twice_changes_nothing() -> None:
    given(added(HOME, HOME), BookErased()).when(EraseBook(), caller=None).then_nothing()


@pytest.mark.parametrize("late", [ADD, to_be(HOME), RemoveAddress(address_id=HOME)])
def test_an_address_that_comes_late_is_not_taken_in(late: Message) -> None:
    given(BookErased()).when(late).then_rejected("not_found")
    assert DECIDER.state() == Book()


def test_neither_the_view_nor_a_copy_holds_them() -> None:
    assert shown(ADDRESS, added(HOME, HOME), BookErased()) is None
    copied = copy_book(None, added(HOME, HOME), EventMeta("e", ID, 1, NOW)).document
    assert copied is not None and copy_book(copied, BookErased(), EventMeta("e", ID, 2, NOW)).document is None


def test_an_erased_account_erases_its_book() -> None:
    origin = Origin(id="m-1", source="lezzet/auth", at=NOW, key="a key not to be trusted")
    assert list(erase(UserErased(user_id=ID, erased_at=NOW), origin)) == [Send(address_commands.TOPIC, ID, EraseBook())]
