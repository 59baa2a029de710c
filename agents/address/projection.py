"""What clients see of address books."""

from typing import assert_never

from msgspec.structs import asdict, replace

from topics.contracts import address_events
from topics.contracts.address_events import (
    AddressAdded,
    AddressRemoved,
    AddressReplaced,
    BookErased,
    Event,
    SavedAddress,
)
from topics.deciding.projection import Shown, View
from topics.documents.account import AddressBook, UserAddress
from topics.messages.event import EventMeta


def entry(user_id: str, address: SavedAddress, default_id: str | None) -> UserAddress:
    """One address as its book shows it, and as the answer to its user."""
    return UserAddress(entity_id=user_id, user_id=user_id, is_default=address.id == default_id, **asdict(address))


def show(before: AddressBook | None, event: Event, meta: EventMeta) -> Shown[AddressBook]:
    shown = before.addresses if before is not None else ()
    match event:
        case AddressAdded(address=address):
            shown = (*shown, entry(meta.aggregate_id, address, event.default_id))
        case AddressReplaced(address=address):
            changed = entry(meta.aggregate_id, address, event.default_id)
            shown = tuple(changed if each.id == address.id else each for each in shown)
        case AddressRemoved(address_id=address_id):
            shown = tuple(each for each in shown if each.id != address_id)
        case BookErased():
            return Shown(None)
        case _:
            assert_never(event)
    marked = tuple(replace(each, is_default=each.id == event.default_id) for each in shown)
    return Shown(AddressBook(addresses=marked))


ADDRESS = View[AddressBook, Event](name="address", topic=address_events.TOPIC, document=AddressBook, show=show)
