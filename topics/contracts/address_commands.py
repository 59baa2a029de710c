"""Commands to a user's address book. The key is the user, since at most one of the addresses is the default."""

from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.values.fields import AddressText, Id, Latitude, Longitude, Name, Personal, Word, ZipCode


class AddAddress(Message, frozen=True, kw_only=True):
    """is_default: the others are none any more. The first address is the default in any case."""

    title: Personal[Name]
    address: AddressText
    city: Name
    district: Name
    full_address: AddressText = ""
    zip_code: ZipCode = ""
    apartment: Personal[Word] | None = None
    floor: Personal[Word] | None = None
    door_number: Personal[Word] | None = None
    latitude: Personal[Latitude] | None = None
    longitude: Personal[Longitude] | None = None
    is_default: bool = False


class ReplaceAddress(AddAddress, frozen=True, kw_only=True):
    """All of an address as it is to be. is_default false on the default address: it stays the default, there is one always."""

    address_id: Id


class RemoveAddress(Message, frozen=True, kw_only=True):
    """Where it was the default, the oldest of the others is."""

    address_id: Id


class EraseBook(Message, frozen=True, kw_only=True):
    """The user's account is erased: the book goes, with all addresses."""


Command = AddAddress | ReplaceAddress | RemoveAddress | EraseBook

TOPIC = Topic(
    name="address_commands",
    messages=(AddAddress, ReplaceAddress, RemoveAddress, EraseBook),
    key="user id",
    producers=("edge", "address"),
    consumers=("address",),
    append_time=True,
)
