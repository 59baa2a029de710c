"""Options of a meal: whether a menu may offer them so, and what a customer's choice of them costs. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from topics.deciding.decision import Rejection
from topics.values.fields import Name, Word
from topics.values.kurus import Kurus

MOST_CHOICES = 50
PRICES = ("price", "prices.*")
"""Where amounts stand in an option."""


class MealOption(msgspec.Struct, frozen=True, kw_only=True):
    """Something to choose with a meal: a group of choices, of which `min` to `max` are taken. Without choices it is one thing
    that is taken or not.

    price: of each choice, on top of the meal's. prices: of those choices that cost something else.
    """

    name: Name
    price: Kurus = 0
    choices: Annotated[tuple[Word, ...], Meta(max_length=MOST_CHOICES)] = ()
    prices: dict[Word, Kurus] = msgspec.field(default_factory=dict[str, int])
    min: Annotated[int, Meta(ge=0, le=MOST_CHOICES)] = 0
    max: Annotated[int, Meta(ge=1, le=MOST_CHOICES)] = 1


class WishedOption(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer chooses of an option. choice: one of its choices; empty, or the option's name, where it has none.

    Who wants several choices of one option says it several times.
    """

    name: Name
    choice: Word = ""


Wishes = Annotated[tuple[WishedOption, ...], Meta(max_length=MOST_CHOICES, extra={"null": "absent"})]


class ChosenOption(msgspec.Struct, frozen=True, kw_only=True):
    """A choice as the menu has it. price: on top of the meal's."""

    name: str
    choice: str
    price: Kurus


Chosen = Annotated[tuple[ChosenOption, ...], Meta(max_length=MOST_CHOICES)]


def contradiction(options: Sequence[MealOption]) -> Rejection | None:
    """Why a menu cannot offer these options; None where it can."""
    names = Counter(option.name for option in options)
    for place, option in enumerate(options):
        where = f"options[{place}]"
        if names[option.name] > 1:
            return _invalid(f"{where}.name", f"{option.name!r} is the name of two options")
        if (refused := _contradiction(option, where)) is not None:
            return refused
    least = sum(option.min for option in options)
    if least > MOST_CHOICES:
        return _invalid("options", f"ask for {least} choices together, and nobody can make more than {MOST_CHOICES}")
    return None


def _contradiction(option: MealOption, where: str) -> Rejection | None:
    seen = set[str]()
    for place, choice in enumerate(option.choices):
        if not choice or choice in seen:
            return _invalid(f"{where}.choices[{place}]", "is there twice" if choice else "is empty")
        seen.add(choice)
    if (unknown := next((name for name in option.prices if name not in seen), None)) is not None:
        return _invalid(f"{where}.prices", f"{unknown!r} is none of the choices")
    if option.max > max(1, len(option.choices)):
        return _invalid(f"{where}.max", f"there are {len(option.choices)} choices only")
    if option.min > option.max:
        return _invalid(f"{where}.min", "is more than max")
    return None


def chosen(
    offered: Sequence[MealOption], wished: Sequence[WishedOption], field: str = "options"
) -> tuple[ChosenOption, ...] | Rejection:
    """The choices with their prices, in the order of the menu: who says the same in another order wishes the same.

    A Rejection where the meal has no such option or choice, or too few or too many of one are chosen. field: where the wishes
    stand in the input.
    """
    if not offered and not wished:
        return ()
    found: dict[tuple[int, int], ChosenOption] = {}
    places = {option.name: place for place, option in enumerate(offered)}
    for number, wish in enumerate(wished):
        where = f"{field}[{number}]"
        place = places.get(wish.name)
        if place is None:
            return _invalid(f"{where}.name", f"the meal has no option {wish.name!r}")
        option = offered[place]
        choices = option.choices or (option.name,)
        choice = option.name if not option.choices and not wish.choice else wish.choice
        if choice not in choices:
            return _invalid(f"{where}.choice", f"must be one of {', '.join(choices)}")
        at = (place, choices.index(choice))
        if at in found:
            return _invalid(where, "is chosen twice")
        found[at] = ChosenOption(name=option.name, choice=choice, price=option.prices.get(choice, option.price))
    return _wrong_number(offered, found, field) or tuple(found[at] for at in sorted(found))


def _wrong_number(
    offered: Sequence[MealOption], found: dict[tuple[int, int], ChosenOption], field: str
) -> Rejection | None:
    numbers = Counter(place for place, _ in found)
    for place, option in enumerate(offered):
        if not option.min <= numbers[place] <= option.max:
            between = f"{option.min}" if option.min == option.max else f"{option.min} to {option.max}"
            return _invalid(field, f"of {option.name!r} {between} must be chosen, not {numbers[place]}")
    return None


def wished(options: Sequence[ChosenOption]) -> tuple[WishedOption, ...]:
    """What chooses the same again."""
    return tuple(WishedOption(name=option.name, choice=option.choice) for option in options)


def extra(options: Sequence[ChosenOption]) -> int:
    """What they cost together, on top of the meal's price."""
    return sum(option.price for option in options)


def _invalid(field: str, why: str) -> Rejection:
    return Rejection("invalid_input", why, field)
