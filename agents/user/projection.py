"""What Redis holds of users: the profile, once complete, and for 15 minutes that an account waits for one; their favourites;
and which mails they want."""

from typing import assert_never

import msgspec
from msgspec.structs import asdict, replace

from topics import keys
from topics.contracts import user_events
from topics.contracts.user_created import UserCreated
from topics.contracts.user_events import (
    CuisineFavoured,
    CuisineUnfavoured,
    EmailLearned,
    Event,
    PendingCreated,
    PersonErased,
    Preferences,
    PreferencesChanged,
    ProfileChanged,
    ProfileCompleted,
    RestaurantFavoured,
    RestaurantUnfavoured,
)
from topics.deciding.projection import Shown, SideKey, View
from topics.documents.account import FavouriteCuisine, FavouriteRestaurant, Favourites, User
from topics.messages.event import EventMeta


def show(before: User | None, event: Event, meta: EventMeta) -> Shown[User]:
    match event:
        case PendingCreated():
            return Shown(before, put=(_pending(event, meta.aggregate_id),))
        case EmailLearned():
            return Shown(before and replace(before, email=event.email))
        case ProfileCompleted():
            completed = User(
                id=meta.aggregate_id,
                email=event.email,
                created_at=event.completed_at,
                updated_at=event.completed_at,
                **asdict(event.profile),
            )
            return Shown(completed, drop=(keys.pending_user(meta.aggregate_id),))
        case ProfileChanged():
            changed = before and replace(before, updated_at=event.changed_at, **asdict(event.profile))
            return Shown(changed)
        case RestaurantFavoured() | RestaurantUnfavoured() | CuisineFavoured() | CuisineUnfavoured():
            return Shown(before)
        case PreferencesChanged():
            return Shown(before)
        case PersonErased():
            return Shown(None, drop=(keys.pending_user(meta.aggregate_id),))
        case _:
            assert_never(event)


def _pending(event: PendingCreated, user_id: str) -> SideKey:
    """Holds what `user_created` said."""
    said = msgspec.json.encode(UserCreated(id=user_id, user_id=user_id, email=event.email)).decode()
    return SideKey(keys.pending_user(user_id), said, expires_at=event.expires_at)


USER = View[User, Event](name="user", topic=user_events.TOPIC, document=User, show=show)


def show_favourites(before: Favourites | None, event: Event, meta: EventMeta) -> Shown[Favourites]:
    """Without what is known of the restaurants: the edge adds it as it is when it is read."""
    listed = before or Favourites()
    match event:
        case RestaurantFavoured(restaurant_id=restaurant_id, at=at):
            added = FavouriteRestaurant(restaurant_id=restaurant_id, created_at=at)
            return Shown(replace(listed, restaurants=(*listed.restaurants, added)))
        case RestaurantUnfavoured(restaurant_id=restaurant_id):
            left = tuple(each for each in listed.restaurants if each.restaurant_id != restaurant_id)
            return Shown(replace(listed, restaurants=left))
        case CuisineFavoured(cuisine=cuisine, at=at):
            return Shown(replace(listed, cuisines=(*listed.cuisines, FavouriteCuisine(cuisine=cuisine, created_at=at))))
        case CuisineUnfavoured(cuisine=cuisine):
            left = tuple(each for each in listed.cuisines if each.cuisine != cuisine)
            return Shown(replace(listed, cuisines=left))
        case PersonErased():
            return Shown(None)
        case _:
            return Shown(before)


def show_preferences(before: Preferences | None, event: Event, meta: EventMeta) -> Shown[Preferences]:
    match event:
        case PreferencesChanged(preferences=preferences):
            return Shown(preferences)
        case PersonErased():
            return Shown(None)
        case _:
            return Shown(before)


FAVOURITES = View[Favourites, Event](
    name="favourites", topic=user_events.TOPIC, document=Favourites, show=show_favourites
)
PREFERENCES = View[Preferences, Event](
    name="preferences", topic=user_events.TOPIC, document=Preferences, show=show_preferences
)
