"""What a demo restaurant is made of. Ids derive from the names here: rename nothing that is meant to stay the same."""

from dataclasses import dataclass

from topics.contracts.catalog_commands import AddMeal
from topics.contracts.restaurant_commands import OpenRestaurant
from topics.deciding.choosing import MealOption
from topics.messages.ids import derive
from topics.values.fields import Address, Weekday
from topics.values.opening_hours import DAYS

OWNER = derive("lezzet demo", "owner")
"""Owns the demo restaurants that are written by hand. Nobody can log in as it, nor as the owners of the others."""

LIRA = 100
"""In kuruş."""

PORTION = MealOption(name="Bir buçuk porsiyon", price=11_000)
SPICE = MealOption(name="Acı", choices=("acısız", "az acılı", "acılı"))
SIZE = MealOption(name="Büyük boy", price=4_500)


@dataclass(frozen=True, slots=True)
class Menu:
    """meals: by a name that is theirs within the restaurant."""

    name: str
    opening: OpenRestaurant
    meals: dict[str, AddMeal]
    owner: str = OWNER

    @property
    def restaurant_id(self) -> str:
        return derive("lezzet demo", self.name)

    def meal_id(self, meal: str) -> str:
        return derive(self.restaurant_id, meal)


@dataclass(frozen=True, slots=True)
class Dish:
    """price: in kuruş. goes_with: names of meals of the same menu."""

    name: str
    price: int
    cuisine: str
    description: str
    options: tuple[MealOption, ...] = ()
    goes_with: tuple[str, ...] = ()


def menu(name: str, opening: OpenRestaurant, *dishes: Dish) -> Menu:
    restaurant_id = derive("lezzet demo", name)
    return Menu(name, opening, {dish.name: _meal(restaurant_id, dish) for dish in dishes})


def dish(
    name: str, price: int, cuisine: str, description: str, *options: MealOption, goes_with: tuple[str, ...] = ()
) -> Dish:
    return Dish(name, price, cuisine, description, options, goes_with)


def place(
    title: str, city: str, district: str, street: str, quarter: str, zip_code: str, latitude: float, longitude: float
) -> Address:
    return Address(
        title=title,
        address=street,
        city=city,
        district=district,
        full_address=f"{quarter} Mah. {street}, {zip_code} {district}/{city}",
        zip_code=zip_code,
        latitude=latitude,
        longitude=longitude,
    )


def every_day(hours: str, **other: str) -> dict[Weekday, str]:
    """other: days with hours of their own; an empty text is a day off."""
    said = dict.fromkeys(DAYS, hours) | other
    return {day: said[day] for day in DAYS if said[day]}  # type: ignore[misc]  # DAYS are weekdays


def _meal(restaurant_id: str, said: Dish) -> AddMeal:
    return AddMeal(
        restaurant_id=restaurant_id,
        name=said.name,
        price=said.price,
        cuisine=said.cuisine,
        description=said.description,
        options=said.options,
        complementary_ids=tuple(derive(restaurant_id, name) for name in said.goes_with),
    )
