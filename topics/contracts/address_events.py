"""What happened to users' address books. The order domain keeps a copy: an order is delivered to an address of its user."""

from datetime import datetime

import msgspec

from topics.messages.message import Message
from topics.messages.topic import FOREVER, Topic
from topics.values.fields import Personal


class SavedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """latitude, longitude: degrees, WGS 84."""

    id: str
    title: Personal[str]
    address: Personal[str]
    city: str
    district: str
    full_address: Personal[str]
    zip_code: Personal[str]
    apartment: Personal[str] | None
    floor: Personal[str] | None
    door_number: Personal[str] | None
    latitude: Personal[float] | None
    longitude: Personal[float] | None
    created_at: datetime
    updated_at: datetime


class AddressAdded(Message, frozen=True, kw_only=True):
    """default_id: which address of the book is the default now."""

    address: SavedAddress
    default_id: str


class AddressReplaced(Message, frozen=True, kw_only=True):
    """address: as it is now, whole."""

    address: SavedAddress
    default_id: str


class AddressRemoved(Message, frozen=True, kw_only=True):
    """default_id: None where the book is empty now."""

    address_id: str
    default_id: str | None


class BookErased(Message, frozen=True, kw_only=True):
    """The user's account is erased, and the book is no more."""


Event = AddressAdded | AddressReplaced | AddressRemoved | BookErased

TOPIC = Topic(
    name="address_events",
    messages=(AddressAdded, AddressReplaced, AddressRemoved, BookErased),
    key="user id",
    producers=("address",),
    consumers=("address", "order"),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
)
