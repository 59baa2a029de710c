"""What was ordered once comes into the basket again, as far as it is still sold, at the prices of now."""

from agents.basket.contents import Contents
from agents.basket.facts import Facts
from agents.basket.limits import MAX_LINES, notes_too_long
from agents.basket.projection import basket_item
from topics.contracts.basket_commands import OrderedBefore, Reorder
from topics.contracts.basket_events import Event, Line, LineSet
from topics.copies import MealCopy
from topics.deciding.decision import Context, Decision, accept, reject
from topics.deciding.refusals import meals_gone
from topics.documents.order import GoneMeal, Reordered


def reorder(command: Reorder, contents: Contents, facts: Facts, context: Context) -> Decision[Event]:
    """Lines of the same meals are set anew. Gone meals are told; without any other meal there is nothing to do."""
    on_sale = {
        item.meal_id: meal
        for item in command.items
        if (meal := facts.meals.get(item.meal_id)) is not None and meal.is_available
    }
    gone = {item.meal_id: item.name for item in command.items if item.meal_id not in on_sale}
    if not on_sale:
        return Decision(rejection=meals_gone(gone))
    if contents.restaurant_id not in (None, *(meal.restaurant_id for meal in on_sale.values())):
        return reject("different_restaurant", "the basket holds items of a different restaurant, clear it first")
    lines = [_line(item, on_sale[item.meal_id], contents, context) for item in command.items if item.meal_id in on_sale]
    if len(contents.lines.keys() | on_sale.keys()) > MAX_LINES:
        return reject("basket_full", f"a basket holds {MAX_LINES} different meals at most")
    kept = (line.note for line in contents.lines.values() if line.meal_id not in on_sale)
    if (too_long := notes_too_long((*kept, *(line.note for line in lines)))) is not None:
        return Decision(rejection=too_long)
    answer = Reordered(
        items=tuple(basket_item(line, context.aggregate_id) for line in lines),
        unavailable=tuple(GoneMeal(meal_id=meal_id, name=name) for meal_id, name in gone.items()),
        message="The meals are in the basket again.",
    )
    return accept(*(LineSet(line=line) for line in lines if contents.lines.get(line.meal_id) != line), answer=answer)


def _line(item: OrderedBefore, meal: MealCopy, contents: Contents, context: Context) -> Line:
    before = contents.lines.get(item.meal_id)
    return Line(
        id=before.id if before else context.new_id(f"line {item.meal_id}"),
        restaurant_id=meal.restaurant_id,
        meal_id=item.meal_id,
        quantity=item.quantity,
        created_at=before.created_at if before else context.now,
        name=meal.name,
        price=meal.price,
        note=item.note,
        image_url=meal.image_url,
    )
