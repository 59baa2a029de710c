"""Lines of a basket as the menu has their meals now."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from topics.contracts.basket_events import Line
from topics.copies import MealCopy
from topics.deciding.choosing import ChosenOption, WishedOption, chosen, extra, wished
from topics.deciding.decision import Rejection


def new_line(
    id: str, meal_id: str, meal: MealCopy, options: Sequence[ChosenOption], before: Line | None, now: datetime
) -> Line:
    """Of one, without note and time. id: of one that is new. before: the line of the meal that it takes the place of."""
    return Line(
        id=before.id if before else id,
        restaurant_id=meal.restaurant_id,
        meal_id=meal_id,
        quantity=1,
        created_at=before.created_at if before else now,
        name=meal.name,
        price=meal.price + extra(options),
        options=tuple(options),
        image_url=meal.image_url,
    )


def as_sold_now(line: Line, meal: MealCopy | None) -> Line:
    """One that cannot be had any more with its options is not available."""
    if meal is None:
        return replace(line, is_available=False)
    found = with_options(line, meal, wished(line.options))
    if isinstance(found, Rejection):
        return replace(line, name=meal.name, image_url=meal.image_url, is_available=False)
    return found


def with_options(line: Line, meal: MealCopy, options: Sequence[WishedOption]) -> Line | Rejection:
    """As it is sold now, with these options."""
    found = chosen(meal.options, options)
    if isinstance(found, Rejection):
        return found
    return replace(
        line,
        name=meal.name,
        price=meal.price + extra(found),
        options=found,
        image_url=meal.image_url,
        is_available=meal.is_available,
    )
