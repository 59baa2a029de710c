"""What was ordered once comes into the basket again, as far as it is still sold, at the prices of now."""

from collections.abc import Sequence

from msgspec.structs import replace

from agents.basket.contents import Contents
from agents.basket.facts import Facts
from agents.basket.limits import MAX_LINES, too_much
from agents.basket.lines import new_line
from agents.basket.projection import basket_item
from topics.contracts.basket_commands import OrderedBefore, Reorder
from topics.contracts.basket_events import Event, Line, LineSet
from topics.copies import MealCopy
from topics.deciding.choosing import ChosenOption, chosen
from topics.deciding.decision import Context, Decision, Rejection, accept, reject
from topics.deciding.refusals import meals_gone
from topics.documents.order import GoneMeal, Reordered


def reorder(command: Reorder, contents: Contents, facts: Facts, context: Context) -> Decision[Event]:
    """Lines of the same meals are set anew. Meals that are gone, or cannot be had with the same options any more, are told;
    without any other meal there is nothing to do."""
    on_sale = {
        item.meal_id: (meal, options)
        for item in command.items
        if (meal := facts.meals.get(item.meal_id)) is not None
        and meal.is_available
        and not isinstance(options := chosen(meal.options, item.options), Rejection)
    }
    gone = {item.meal_id: item.name for item in command.items if item.meal_id not in on_sale}
    if not on_sale:
        return Decision(rejection=meals_gone(gone))
    if contents.restaurant_id not in (None, *(meal.restaurant_id for meal, _ in on_sale.values())):
        return reject("different_restaurant", "the basket holds items of a different restaurant, clear it first")
    lines = [
        _line(item, *on_sale[item.meal_id], contents.lines.get(item.meal_id), context)
        for item in command.items
        if item.meal_id in on_sale
    ]
    if len(contents.lines.keys() | on_sale.keys()) > MAX_LINES:
        return reject("basket_full", f"a basket holds {MAX_LINES} different meals at most")
    kept = (line for line in contents.lines.values() if line.meal_id not in on_sale)
    if (refused := too_much((*kept, *lines))) is not None:
        return Decision(rejection=refused)
    answer = Reordered(
        items=tuple(basket_item(line, context.aggregate_id) for line in lines),
        unavailable=tuple(GoneMeal(meal_id=meal_id, name=name) for meal_id, name in gone.items()),
        message="The meals are in the basket again.",
    )
    return accept(*(LineSet(line=line) for line in lines if contents.lines.get(line.meal_id) != line), answer=answer)


def _line(
    item: OrderedBefore, meal: MealCopy, options: Sequence[ChosenOption], before: Line | None, context: Context
) -> Line:
    line = new_line(context.new_id(f"line {item.meal_id}"), item.meal_id, meal, options, before, context.now)
    return replace(line, quantity=item.quantity, note=item.note)
