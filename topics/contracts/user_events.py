"""What happened to users: profiles, favourites, and which mails they want. Restaurants learn from it who follows them."""

from datetime import date, datetime

import msgspec

from topics.messages.message import Message
from topics.messages.topic import FOREVER, Topic
from topics.values.fields import Personal
from topics.values.languages import DEFAULT_LANGUAGE, Language


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    full_name: Personal[str]
    born_date: Personal[date]
    gender: Personal[str]
    phone: Personal[str]


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """Which news a user wants, and how. order_updates: of own orders. restaurant_orders: of the orders at restaurants of one's
    own. email false: none by mail. language: of the mails."""

    campaigns: bool = True
    order_updates: bool = True
    email: bool = True
    restaurant_orders: bool = True
    language: Language = DEFAULT_LANGUAGE

    @property
    def wants_campaigns(self) -> bool:
        """Whether news of campaigns may be mailed."""
        return self.campaigns and self.email


class PendingCreated(Message, frozen=True, kw_only=True):
    """expires_at: until when others see `pending_user:<id>`; the profile may be completed later all the same."""

    email: Personal[str] | None
    expires_at: datetime


class EmailLearned(Message, frozen=True, kw_only=True):
    """The address of a user who is known already."""

    email: Personal[str]


class ProfileCompleted(Message, frozen=True, kw_only=True):
    """email: as known by then."""

    email: Personal[str] | None
    profile: Profile
    completed_at: datetime


class ProfileChanged(Message, frozen=True, kw_only=True):
    """profile: as it is now, whole."""

    profile: Profile
    changed_at: datetime


class RestaurantFavoured(Message, frozen=True, kw_only=True):
    """wants_campaigns: whether this user wants news of campaigns by mail at that moment."""

    restaurant_id: str
    at: datetime
    wants_campaigns: bool


class RestaurantUnfavoured(Message, frozen=True, kw_only=True):
    restaurant_id: str


class CuisineFavoured(Message, frozen=True, kw_only=True):
    """cuisine: as the user wrote it."""

    cuisine: str
    at: datetime


class CuisineUnfavoured(Message, frozen=True, kw_only=True):
    """cuisine: as it was written when it became a favourite."""

    cuisine: str


class PreferencesChanged(Message, frozen=True, kw_only=True):
    """preferences: as they are now, whole. favoured: ids of the restaurants that are favourites at that moment, so that who
    keeps a restaurant's followers can take the user in or out."""

    preferences: Preferences
    favoured: tuple[str, ...]


class PersonErased(Message, frozen=True, kw_only=True):
    """Nothing is known of this user any more. favoured: ids of the restaurants that were favourites, whose keepers of
    followers take the user out."""

    favoured: tuple[str, ...]


Event = (
    PendingCreated
    | EmailLearned
    | ProfileCompleted
    | ProfileChanged
    | RestaurantFavoured
    | RestaurantUnfavoured
    | CuisineFavoured
    | CuisineUnfavoured
    | PreferencesChanged
    | PersonErased
)

TOPIC = Topic(
    name="user_events",
    messages=(
        PendingCreated,
        EmailLearned,
        ProfileCompleted,
        ProfileChanged,
        RestaurantFavoured,
        RestaurantUnfavoured,
        CuisineFavoured,
        CuisineUnfavoured,
        PreferencesChanged,
        PersonErased,
    ),
    key="user id",
    producers=("user",),
    consumers=("user", "restaurant", "notification"),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
)
