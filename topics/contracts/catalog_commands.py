"""Commands to the meals. Only the owner of the meal's restaurant may send them."""

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.messages.upcasting import Upcast
from topics.values.fields import Id, Name, Text, Url, Word
from topics.values.kurus import Kurus, lira_before


class MealOption(msgspec.Struct, frozen=True, kw_only=True):
    """Something to choose with a meal. price: on top of the meal's."""

    name: Name
    price: Kurus = 0
    choices: Annotated[tuple[Word, ...], Meta(max_length=50)] = ()


Options = Annotated[tuple[MealOption, ...], Meta(max_length=50)]
MealIds = Annotated[tuple[Id, ...], Meta(max_length=50)]


class AddMeal(Message, frozen=True, kw_only=True):
    schema_version: ClassVar[int] = 2

    restaurant_id: Id
    name: Name
    price: Kurus
    description: Text = ""
    is_available: bool = msgspec.field(default=True, name="isAvailable")
    image_url: Url = ""
    cuisine: Word = ""
    complementary_ids: MealIds = ()
    options: Options = ()


class ChangeMeal(Message, frozen=True, kw_only=True):
    """What is absent stays. A meal never moves to another restaurant."""

    schema_version: ClassVar[int] = 2

    name: Name | None = None
    price: Kurus | None = None
    description: Text | None = None
    is_available: bool | None = msgspec.field(default=None, name="isAvailable")
    image_url: Url | None = None
    cuisine: Word | None = None
    complementary_ids: MealIds | None = None
    options: Options | None = None


class RemoveMeal(Message, frozen=True, kw_only=True):
    """Off the menu for good."""


class SetAvailability(Message, frozen=True, kw_only=True):
    is_available: bool = msgspec.field(name="isAvailable")


Command = AddMeal | ChangeMeal | RemoveMeal | SetAvailability

_in_kurus = lira_before("price", "options.price")

TOPIC = Topic(
    name="catalog_commands",
    messages=(AddMeal, ChangeMeal, RemoveMeal, SetAvailability),
    key="meal id",
    producers=("edge",),
    consumers=("catalog",),
    append_time=True,
    upcasts=tuple(Upcast(kind, 1, _in_kurus) for kind in (AddMeal, ChangeMeal)),
)
