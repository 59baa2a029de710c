"""What a basket may do. Prices and availability are the catalog's word, never the client's."""

from collections.abc import Iterable
from typing import assert_never

from msgspec.structs import replace

from agents.basket import anonymous, merging, schedule
from agents.basket.contents import Contents, evolve
from agents.basket.facts import MEALS, Facts, MealFacts
from agents.basket.limits import MAX_LINES
from agents.basket.projection import answered
from topics.basket_commands import (
    AddItem,
    ChangeItem,
    Checkout,
    Clear,
    Command,
    Extend,
    HandOver,
    RemoveItem,
    RestoreItems,
    TakeBack,
    TakeOver,
)
from topics.basket_events import (
    CheckedOut,
    Cleared,
    Event,
    Line,
    LineRemoved,
    LineSet,
    LinesRestored,
    OrderedItem,
)
from topics.decision import Context, Decider, Decision, accept, hand_on, reject
from topics.documents import Done
from topics.ids import is_anonymous

REMOVED = Done(message="The meal is out of the basket.")
CLEARED = Done(message="The basket is empty.")


def decide(command: Command, contents: Contents, facts: Facts, context: Context) -> Decision[Event]:
    refused = anonymous.refusal(command, context.aggregate_id)
    if refused is not None:
        return Decision(rejection=refused)
    if not is_anonymous(context.aggregate_id):
        return _decide(command, contents, facts, context)
    over = anonymous.is_over(contents.life, context.now)
    decision = _decide(command, Contents() if over else contents, facts, context)
    return anonymous.kept(decision, contents.life, context.now)


def _decide(command: Command, contents: Contents, facts: Facts, context: Context) -> Decision[Event]:
    if isinstance(command, AddItem | ChangeItem | Checkout):
        refused = schedule.refusal(command.schedule_date, context.now)
        if refused is not None:
            return Decision(rejection=refused)
    match command:
        case AddItem():
            return _add(command, contents, facts, context)
        case ChangeItem():
            return _change(command, contents, facts, context)
        case RemoveItem():
            return _remove(command, contents)
        case Clear():
            return accept(Cleared(), answer=CLEARED) if contents.lines else accept(answer=CLEARED)
        case Checkout():
            return _checkout(command, contents, facts, context)
        case RestoreItems():
            return _restore(command, contents)
        case Extend():
            return anonymous.extend(command, contents.life, context)
        case HandOver():
            return merging.hand_over(command, contents.lines, contents.life, contents.handed_to)
        case TakeOver():
            return merging.take_over(command, contents.lines, contents.refused)
        case TakeBack():
            return merging.take_back(command, contents.lines, contents.life)
        case _:
            assert_never(command)


def _add(command: AddItem, contents: Contents, facts: Facts, context: Context) -> Decision[Event]:
    meal = facts.meals.get(command.meal_id)
    if meal is None or not meal.is_available:
        return reject("meal_unavailable", "this meal is not on sale", field="meal_id")
    if contents.restaurant_id not in (None, meal.restaurant_id):
        return reject("different_restaurant", "the basket holds items of a different restaurant, clear it first")
    before = contents.lines.get(command.meal_id)
    if before is None and len(contents.lines) >= MAX_LINES:
        return reject("basket_full", f"a basket holds {MAX_LINES} different meals at most")
    line = Line(
        id=before.id if before else context.new_id("line"),
        restaurant_id=meal.restaurant_id,
        meal_id=command.meal_id,
        quantity=command.quantity,
        created_at=before.created_at if before else context.now,
        name=meal.name,
        price=meal.price,
        note=command.note,
        schedule_date=command.schedule_date,
        image_url=meal.image_url,
    )
    return _set(line, before, context)


def _change(command: ChangeItem, contents: Contents, facts: Facts, context: Context) -> Decision[Event]:
    before = contents.lines.get(command.meal_id)
    if before is None:
        return reject("not_in_basket", "this meal is not in the basket", field="meal_id")
    line = replace(
        before,
        quantity=before.quantity if command.quantity is None else command.quantity,
        note=before.note if command.note is None else command.note,
        schedule_date=before.schedule_date if command.schedule_date is None else command.schedule_date,
    )
    line = replace(line, **dict.fromkeys(command.clears))
    return _set(_as_sold_now(line, facts.meals.get(command.meal_id)), before, context)


def _as_sold_now(line: Line, meal: MealFacts | None) -> Line:
    if meal is None:
        return replace(line, is_available=False)
    return replace(line, name=meal.name, price=meal.price, image_url=meal.image_url, is_available=meal.is_available)


def _set(line: Line, before: Line | None, context: Context) -> Decision[Event]:
    answer = answered(line, context.aggregate_id)
    return accept(answer=answer) if line == before else accept(LineSet(line=line), answer=answer)


def _remove(command: RemoveItem, contents: Contents) -> Decision[Event]:
    if command.meal_id not in contents.lines:
        return accept(answer=REMOVED)
    return accept(LineRemoved(meal_id=command.meal_id), answer=REMOVED)


def _checkout(command: Checkout, contents: Contents, facts: Facts, context: Context) -> Decision[Event]:
    items = _asked_for(command, contents)
    if not items:
        return reject("basket_empty", "there is nothing to check out")
    if command.coupon_code and command.coupon_code.strip():
        return reject("coupon_unknown", "there is no such coupon", field="coupon_code")
    meals = [facts.meals.get(item.meal_id) for item in items]
    on_sale = [meal for meal in meals if meal is not None and meal.is_available]
    if len(on_sale) < len(items):
        return reject("meal_unavailable", f"{_first_missing(items, facts)} is not on sale any more", field="items")
    restaurants = {meal.restaurant_id for meal in on_sale}
    if len(restaurants) > 1:
        return reject("different_restaurant", "an order cannot hold items of a different restaurant", field="items")
    checked_out = CheckedOut(
        order_id=context.new_id("order"),
        restaurant_id=restaurants.pop(),
        items=items,
        cleared=tuple(contents.lines.values()),
        payment_method=command.payment_method,
        address_id=command.address_id,
        note=command.note,
        schedule_date=command.schedule_date,
    )
    return hand_on(checked_out)


def _asked_for(command: Checkout, contents: Contents) -> tuple[OrderedItem, ...]:
    asked = command.items or contents.lines.values()
    return tuple(OrderedItem(meal_id=item.meal_id, quantity=item.quantity, note=item.note) for item in asked)


def _first_missing(items: Iterable[OrderedItem], facts: Facts) -> str:
    """Its name, or its id where the meal is gone."""
    for item in items:
        meal = facts.meals.get(item.meal_id)
        if meal is None:
            return item.meal_id
        if not meal.is_available:
            return meal.name
    return "a meal"


def _restore(command: RestoreItems, contents: Contents) -> Decision[Event]:
    """What the user has put into the basket since then stays as it is."""
    restaurant_id = contents.restaurant_id or next((line.restaurant_id for line in command.lines), None)
    fitting = [
        line for line in command.lines if line.restaurant_id == restaurant_id and line.meal_id not in contents.lines
    ]
    restored = tuple(fitting[: MAX_LINES - len(contents.lines)])
    return accept(LinesRestored(order_id=command.order_id, lines=restored)) if restored else accept()


def needs(command: Command, contents: Contents) -> Iterable[tuple[str, str]]:
    match command:
        case AddItem() | ChangeItem():
            yield MEALS.name, command.meal_id
        case Checkout():
            for item in _asked_for(command, contents):
                yield MEALS.name, item.meal_id
        case RemoveItem() | Clear() | RestoreItems() | Extend() | HandOver() | TakeOver() | TakeBack():
            return
        case _:
            assert_never(command)


DECIDER = Decider[Command, Event, Contents, Facts](
    state=Contents,
    decide=decide,
    evolve=evolve,
    facts=Facts,
    fact_tables=(MEALS,),
    needs=needs,
)
