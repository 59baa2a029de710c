"""A user, as the domain remembers them."""

from datetime import datetime

import msgspec

from topics.contracts.user_events import Preferences, Profile
from topics.values.fields import Personal


class FavouriteCuisine(msgspec.Struct, frozen=True, kw_only=True):
    cuisine: str
    at: datetime


class FavouriteRestaurant(msgspec.Struct, frozen=True, kw_only=True):
    restaurant_id: str
    at: datetime


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """profile None: not complete yet. since: when it was completed. restaurants, cuisines: favourites, in the order in which
    they became such; they need no profile. has_preferences: the user has said some, perhaps those that all begin with.
    erased: the account is no more, and nothing else is known."""

    email: Personal[str] | None = None
    pending: bool = False
    profile: Profile | None = None
    since: datetime | None = None
    restaurants: tuple[FavouriteRestaurant, ...] = ()
    cuisines: tuple[FavouriteCuisine, ...] = ()
    preferences: Preferences = Preferences()
    has_preferences: bool = False
    erased: bool = False
