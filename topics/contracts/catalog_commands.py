"""Commands to the meals. Only the owner of the meal's restaurant may send them. BackOnSale is the domain's own; ShowPhoto comes
from the photo domain and PutMeal from the menu domain, which name the owner."""

from typing import Annotated, ClassVar, Literal, get_args

import msgspec
from msgspec import Meta

from topics.deciding.choosing import PRICES, MealOption
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.messages.upcasting import Upcast
from topics.values.fields import Id, Name, SoldOutUntil, Text, Url, Word
from topics.values.kurus import Kurus, lira_before

Options = Annotated[tuple[MealOption, ...], Meta(max_length=50, extra={"null": "absent"})]
MealIds = Annotated[tuple[Id, ...], Meta(max_length=50)]

Allergen = Literal[
    "gluten", "crustaceans", "eggs", "fish", "peanuts", "soy", "milk", "nuts", "celery", "mustard", "sesame", "sulphites",
    "lupin", "molluscs",
]  # fmt: skip
"""What the Turkish Food Codex (annex 1 of the regulation on food information) and the EU's regulation 1169/2011 want named."""
Diet = Literal["vegetarian", "vegan", "gluten_free", "lactose_free", "halal", "kosher", "organic"]
Allergens = Annotated[tuple[Allergen, ...], Meta(max_length=len(get_args(Allergen)))]
Diets = Annotated[tuple[Diet, ...], Meta(max_length=len(get_args(Diet)))]


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
    allergens: Allergens = ()
    diets: Diets = ()


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
    allergens: Allergens | None = None
    diets: Diets | None = None


class RemoveMeal(Message, frozen=True, kw_only=True):
    """Off the menu for good."""


class SetAvailability(Message, frozen=True, kw_only=True):
    """until: when a meal that is sold out is on sale again by itself. `today`: when the restaurant's day ends. A day: when that
    day begins. A time without a zone is meant in the restaurant's. None: somebody has to say so. minutes: for so long, in
    place of until."""

    is_available: bool = msgspec.field(name="isAvailable")
    until: SoldOutUntil | None = None
    minutes: Annotated[int, Meta(ge=1, le=7 * 24 * 60)] | None = None


class BackOnSale(Message, frozen=True, kw_only=True):
    """Of a timer: the meal was sold out until now."""


class ShowPhoto(Message, frozen=True, kw_only=True):
    """The meal is shown with this photo, or with none. image_url: its path (topics/documents/photo.py), empty for none."""

    owner_id: Id
    photo_id: Id | None
    image_url: Annotated[str, Meta(max_length=2000)] = ""


class SaidMeal(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says of a meal. None: nothing; it stays as it is."""

    name: Name
    price: Kurus
    description: Text | None = None
    is_available: bool | None = msgspec.field(default=None, name="isAvailable")
    image_url: Url | None = None
    cuisine: Word | None = None
    complementary_ids: MealIds | None = None
    options: Options | None = None
    allergens: Allergens | None = None
    diets: Diets | None = None


class RowRef(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a file on its way. page: key of the aggregate of the menu domain that waits for it. number: of the import. line:
    where the row begins in the file, from 1."""

    page: str
    number: int
    line: int


class PutMeal(Message, frozen=True, kw_only=True):
    """A row of a menu file: the meal is added, or changed to what the row says. known: it has to be on the menu already."""

    restaurant_id: Id
    owner_id: Id
    known: bool
    said: SaidMeal
    row: RowRef


Command = AddMeal | ChangeMeal | RemoveMeal | SetAvailability | BackOnSale | ShowPhoto | PutMeal

_in_kurus = lira_before("price", *(f"options.{place}" for place in PRICES))

TOPIC = Topic(
    name="catalog_commands",
    messages=(AddMeal, ChangeMeal, RemoveMeal, SetAvailability, BackOnSale, ShowPhoto, PutMeal),
    key="meal id",
    producers=("edge", "catalog", "menu", "photo"),
    consumers=("catalog",),
    append_time=True,
    upcasts=tuple(Upcast(kind, 1, _in_kurus) for kind in (AddMeal, ChangeMeal)),
)
