"""Commands to the users' profiles, favourites and preferences. From the edge, and from the own intakes of `user_created` and
`user_erased`."""

from datetime import date

from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.values.fields import AnyCuisine, Cuisine, Email, Id, Name, Personal, Phone, Word
from topics.values.languages import Language


class CreatePending(Message, frozen=True, kw_only=True):
    """An account exists. May arrive after the profile is complete: topics have no order between them."""

    email: Email | None = None


class CompleteProfile(Message, frozen=True, kw_only=True):
    full_name: Personal[Name]
    born_date: Personal[date]
    gender: Personal[Word]
    phone: Phone


class ChangeProfile(Message, frozen=True, kw_only=True):
    """What is absent stays."""

    full_name: Personal[Name] | None = None
    born_date: Personal[date] | None = None
    gender: Personal[Word] | None = None
    phone: Phone | None = None


class FavourRestaurant(Message, frozen=True, kw_only=True):
    restaurant_id: Id


class UnfavourRestaurant(Message, frozen=True, kw_only=True):
    restaurant_id: Id


class FavourCuisine(Message, frozen=True, kw_only=True):
    """Compared without case and accents, kept as it was written first."""

    cuisine: Cuisine


class UnfavourCuisine(Message, frozen=True, kw_only=True):
    """In any spelling that folds to the same."""

    cuisine: AnyCuisine


class ChangePreferences(Message, frozen=True, kw_only=True):
    """What is absent stays."""

    campaigns: bool | None = None
    order_updates: bool | None = None
    email: bool | None = None
    restaurant_orders: bool | None = None
    language: Language | None = None


class EraseUser(Message, frozen=True, kw_only=True):
    """The account is erased: nothing personal stays."""


Command = (
    CreatePending
    | CompleteProfile
    | ChangeProfile
    | FavourRestaurant
    | UnfavourRestaurant
    | FavourCuisine
    | UnfavourCuisine
    | ChangePreferences
    | EraseUser
)

TOPIC = Topic(
    name="user_commands",
    messages=(
        CreatePending,
        CompleteProfile,
        ChangeProfile,
        FavourRestaurant,
        UnfavourRestaurant,
        FavourCuisine,
        UnfavourCuisine,
        ChangePreferences,
        EraseUser,
    ),
    key="user id",
    producers=("edge", "user"),
    consumers=("user",),
    append_time=True,
)
