"""Documents of who somebody is: sessions, profile, addresses, favourites."""

from datetime import date, datetime
from typing import Literal

import msgspec

from topics.values.fields import OpenOrClosed, Personal


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of verify, login and refresh, always sealed. token = access_token, as older clients read it."""

    access_token: str
    refresh_token: str
    token: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """View `login`. Not shown to clients: the edge finds an account by the side key `login:<sha256 hex of address>`.

    verification_keys, reset_keys: side keys of mail tokens that are good still, the newest last, to drop them in time.
    address_key: that of the address.
    """

    verified: bool
    address_key: str = ""
    verification_keys: tuple[str, ...] = ()
    reset_keys: tuple[str, ...] = ()


class EndedSession(msgspec.Struct, frozen=True, kw_only=True):
    """View `deny`: the last session of an account that ended. Not shown to clients."""

    session_id: str
    ended_at: datetime


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """expires_at: of the refresh token. current: the asker's own, filled in by the edge."""

    id: str
    created_at: datetime
    refreshed_at: datetime
    expires_at: datetime
    current: bool = False


class Sessions(msgspec.Struct, frozen=True, kw_only=True):
    """View `sessions`: those of an account that have not ended, the oldest first; they may have expired since."""

    items: tuple[Session, ...]


class User(msgspec.Struct, frozen=True, kw_only=True):
    """View `user`: shown once the profile is complete."""

    id: str
    email: Personal[str] | None
    full_name: Personal[str]
    born_date: Personal[date]
    gender: Personal[str]
    phone: Personal[str]
    created_at: datetime
    updated_at: datetime


class UserAddress(msgspec.Struct, frozen=True, kw_only=True):
    """One address of a user, who is its entity. latitude, longitude: degrees, WGS 84; both are there or none."""

    id: str
    entity_type: Literal["user"] = "user"
    entity_id: str
    user_id: str
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
    is_default: bool
    created_at: datetime
    updated_at: datetime


class AddressBook(msgspec.Struct, frozen=True, kw_only=True):
    """View `address`, by user id. In the order in which they were added. Clients get the list alone."""

    addresses: tuple[UserAddress, ...]


class FavouriteRestaurant(msgspec.Struct, frozen=True, kw_only=True):
    """What is not about the favourite itself is empty in the view's document: the edge shows the restaurant as it is now."""

    restaurant_id: str
    name: str = ""
    logo: str = ""
    cuisines: tuple[str, ...] = ()
    status: OpenOrClosed | Literal[""] = ""
    created_at: datetime


class FavouriteCuisine(msgspec.Struct, frozen=True, kw_only=True):
    cuisine: str
    created_at: datetime


class Favourites(msgspec.Struct, frozen=True, kw_only=True):
    """View `favourites`, by user id. In the order in which they became favourites."""

    restaurants: tuple[FavouriteRestaurant, ...] = ()
    cuisines: tuple[FavouriteCuisine, ...] = ()
