"""What an address book may do. While it holds an address, exactly one of them is the default. An erased one stays empty."""

from datetime import datetime
from typing import Any, assert_never

import msgspec
from msgspec.structs import asdict, replace

from agents.address.projection import entry
from topics.contracts.address_commands import AddAddress, Command, EraseBook, RemoveAddress, ReplaceAddress
from topics.contracts.address_events import (
    AddressAdded,
    AddressRemoved,
    AddressReplaced,
    BookErased,
    Event,
    SavedAddress,
)
from topics.deciding.decision import Context, Decider, Decision, Rejection, accept, reject
from topics.deciding.refusals import ERASED
from topics.documents import Done

MOST = 50  # addresses in a book
REMOVED = Done(message="The address is removed.")
_NOT_OF_ADDRESS = ("is_default", "address_id")
"""Fields of a command that are not fields of the address."""


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """addresses: in the order in which they were added. default_id: None where there are none."""

    addresses: tuple[SavedAddress, ...] = ()
    default_id: str | None = None
    erased: bool = False

    def find(self, address_id: str) -> SavedAddress | None:
        return next((each for each in self.addresses if each.id == address_id), None)


def decide(command: Command, book: Book, facts: None, context: Context) -> Decision[Event]:
    if isinstance(command, EraseBook):
        return accept() if book.erased else accept(BookErased())
    if book.erased:
        return Decision(rejection=ERASED)
    match command:
        case ReplaceAddress():
            return _replace(command, book, context)
        case AddAddress():
            return _add(command, book, context)
        case RemoveAddress():
            return _remove(command, book)
        case _:
            assert_never(command)


def _add(command: AddAddress, book: Book, context: Context) -> Decision[Event]:
    if (refused := _half_a_place(command)) is not None:
        return Decision(rejection=refused)
    if len(book.addresses) >= MOST:
        return reject("address_book_full", f"an address book holds at most {MOST} addresses, remove one first")
    address = _saved(command, context.new_id("address"), context.now, context.now)
    default_id = address.id if command.is_default or book.default_id is None else book.default_id
    answer = entry(context.aggregate_id, address, default_id)
    return accept(AddressAdded(address=address, default_id=default_id), answer=answer)


def _replace(command: ReplaceAddress, book: Book, context: Context) -> Decision[Event]:
    before = book.find(command.address_id)
    if before is None or book.default_id is None:
        return reject("not_found", "you have no such address")
    if (refused := _half_a_place(command)) is not None:
        return Decision(rejection=refused)
    address = _saved(command, before.id, before.created_at, context.now)
    default_id = before.id if command.is_default else book.default_id
    if (replace(address, updated_at=before.updated_at), default_id) == (before, book.default_id):
        return accept(answer=entry(context.aggregate_id, before, default_id))
    answer = entry(context.aggregate_id, address, default_id)
    return accept(AddressReplaced(address=address, default_id=default_id), answer=answer)


def _remove(command: RemoveAddress, book: Book) -> Decision[Event]:
    if book.find(command.address_id) is None:
        return reject("not_found", "you have no such address")
    default_id = book.default_id
    if default_id == command.address_id:
        default_id = next((each.id for each in book.addresses if each.id != command.address_id), None)
    return accept(AddressRemoved(address_id=command.address_id, default_id=default_id), answer=REMOVED)


def _half_a_place(command: AddAddress) -> Rejection | None:
    """The refusal of one coordinate without the other."""
    if (command.latitude is None) == (command.longitude is None):
        return None
    missing, said = ("latitude", "longitude") if command.latitude is None else ("longitude", "latitude")
    return Rejection("invalid_input", f"is required where there is a {said}", missing)


def _saved(command: AddAddress, address_id: str, created: datetime, updated: datetime) -> SavedAddress:
    said: dict[str, Any] = {name: value for name, value in asdict(command).items() if name not in _NOT_OF_ADDRESS}
    return SavedAddress(id=address_id, created_at=created, updated_at=updated, **said)


def evolve(book: Book, event: Event) -> Book:
    match event:
        case AddressAdded(address=address, default_id=default_id):
            return Book(addresses=(*book.addresses, address), default_id=default_id)
        case AddressReplaced(address=address, default_id=default_id):
            addresses = tuple(address if each.id == address.id else each for each in book.addresses)
            return Book(addresses=addresses, default_id=default_id)
        case AddressRemoved(address_id=address_id, default_id=default_id):
            addresses = tuple(each for each in book.addresses if each.id != address_id)
            return Book(addresses=addresses, default_id=default_id)
        case BookErased():
            return Book(erased=True)
        case _:
            assert_never(event)


DECIDER = Decider[Command, Event, Book, None](state=Book, decide=decide, evolve=evolve)
