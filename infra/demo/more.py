"""The other demo restaurants: each of a kitchen, in a quarter. They are drawn with a fixed seed: they never change."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from infra.demo.kitchens import BESIDE, DRINKS, KITCHENS, SWEETS, Cooked, Kitchen
from infra.demo.menu import LIRA, OWNER, Dish, Menu, dish, every_day, menu, place
from infra.demo.menus import MENUS
from infra.demo.quarters import ANKARA, ISTANBUL, IZMIR, Quarter
from topics.contracts.restaurant_commands import OpenRestaurant
from topics.messages.ids import derive
from topics.values.folding import fold

RESTAURANTS = 200
FEWEST, MOST = 20, 40
"""Meals of a restaurant."""

OF_AN_OWNER = 25
"""Restaurants: a domain lets one owner have no more than agents.restaurant.limits says."""

_NAMES = (
    "Anadolu", "Asma", "Ata", "Bereket", "Bizim", "Ceviz", "Çınar", "Defne", "Derya", "Dostlar", "Ege", "Emek", "Fıstık",
    "Gonca", "Güneş", "Hanım", "Hasret", "Huzur", "Işık", "İncir", "Kardeşler", "Keyif", "Köşe", "Lale", "Mavi", "Meşe",
    "Nar", "Ocak", "Öz", "Papatya", "Rüya", "Saray", "Sevgi", "Şafak", "Tarihi", "Umut", "Usta", "Yakamoz", "Yıldız", "Zeytin",
)  # fmt: skip


def all_menus() -> tuple[Menu, ...]:
    """The hand-written ones first, with more meals, then those that are drawn."""
    dice = random.Random(2026)  # noqa: S311
    written = [_longer(each, dice) for each in MENUS]
    return (*written, *_drawn(dice, {each.opening.name for each in MENUS}))


def _longer(said: Menu, dice: random.Random) -> Menu:
    """Its meals, and such as go with them. The id of a meal follows from its name, so those stay what they are."""
    own = [each for kitchen in _like(said) for each in kitchen.dishes]
    more = [_dish(each, 1.0) for each in _some(dice, own, BESIDE) if each.name not in said.meals]
    made = menu(said.name, said.opening, *more[: MOST - len(said.meals)])
    return replace(said, meals=said.meals | made.meals)


def _like(said: Menu) -> list[Kitchen]:
    return [each for each in KITCHENS if said.opening.cuisines[0] in each.cuisines][:1]


def _drawn(dice: random.Random, taken: set[str]) -> Iterator[Menu]:
    quarters = [*ISTANBUL * 3, *ANKARA * 4, *IZMIR * 4]  # so that each city has its share
    for number in range(RESTAURANTS - len(MENUS)):
        owner = derive(OWNER, f"owner {number // OF_AN_OWNER}")
        quarter, kitchen = quarters[number * 29 % len(quarters)], KITCHENS[number % len(KITCHENS)]
        name = _name(dice, quarter, kitchen, taken)
        taken.add(name)
        yield replace(_menu(dice, name, quarter, kitchen), owner=owner)


def _name(dice: random.Random, quarter: Quarter, kitchen: Kitchen, taken: set[str]) -> str:
    while True:
        name = f"{dice.choice((quarter.quarter, *dice.sample(_NAMES, 2)))} {dice.choice(kitchen.titles)}"
        if name not in taken:
            return name


def _menu(dice: random.Random, name: str, quarter: Quarter, kitchen: Kitchen) -> Menu:
    slug = "-".join(fold(name).split())
    opening = OpenRestaurant(
        name=name, description=f"{quarter.quarter}: {kitchen.says}", address=_address(dice, quarter),
        phone_number=f"+90{_AREA[quarter.city]}555{dice.randint(2000, 9999)}", email=f"siparis@{slug}.example",
        opening_hours=every_day(dice.choice(kitchen.hours), **dice.choice(_DAYS_OFF)), cuisines=kitchen.cuisines,
        prep_time=dice.randrange(kitchen.prep_time[0], kitchen.prep_time[1] + 1, 5),
        delivery_fee=dice.randint(*kitchen.fee) * LIRA,
        min_order_price=dice.randrange(kitchen.minimum[0], kitchen.minimum[1] + 1, 10) * LIRA,
    )  # fmt: skip
    factor = dice.uniform(0.9, 1.15)
    chosen = [_dish(each, factor) for each in _some(dice, kitchen.dishes, BESIDE)]
    return menu(slug, opening, *_together(dice, chosen))


_AREA = {"İstanbul": "212", "Ankara": "312", "İzmir": "232"}
_DAYS_OFF: tuple[dict[str, str], ...] = ({}, {}, {}, {"sun": ""}, {"mon": ""})


def _address(dice: random.Random, at: Quarter):
    street = f"{at.street} {dice.randint(2, 240)}"
    latitude, longitude = (round(middle + dice.gauss(0, 0.004), 5) for middle in (at.latitude, at.longitude))
    return place(at.quarter, at.city, at.district, street, at.quarter, at.zip_code, latitude, longitude)


def _some(dice: random.Random, own: Sequence[Cooked], beside: Sequence[Cooked]) -> list[Cooked]:
    """All of its own, and as many beside them as a menu of the size has, in the order of a menu."""
    names = {each.name for each in own}
    free = [each for each in beside if each.name not in names]
    size = dice.randint(FEWEST + 4, MOST - 2)
    chosen = set(dice.sample(range(len(free)), min(len(free), max(8, size - len(own)))))
    return [*own, *(each for number, each in enumerate(free) if number in chosen)]


def _dish(said: Cooked, factor: float) -> Dish:
    price = max(5, round(said.price * factor / 5) * 5) * LIRA
    return dish(said.name, price, said.cuisine, said.description, *said.options)


def _together(dice: random.Random, dishes: Sequence[Dish]) -> list[Dish]:
    """The first ones go with a drink and a sweet of the menu."""
    names = [each.name for each in dishes]
    drinks = [each.name for each in DRINKS if each.name in names]
    sweets = [each.name for each in SWEETS if each.name in names]
    pairs = [tuple(dice.choice(some) for some in (drinks, sweets) if some) for _ in dishes[:5]]
    return [replace(each, goes_with=goes_with) for each, goes_with in zip(dishes, pairs, strict=False)] + [*dishes[5:]]
