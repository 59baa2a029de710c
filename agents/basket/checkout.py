"""From a basket to an order, and back where the order was refused."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from agents.basket.contents import Contents
from agents.basket.facts import Facts
from agents.basket.limits import too_much
from topics.contracts.basket_commands import Checkout, CheckoutItem, RestoreItems
from topics.contracts.basket_events import CheckedOut, CheckoutRepeated, Event, Line, LinesRestored, OrderedItem
from topics.copies import MealCopy
from topics.deciding import schedule
from topics.deciding.choosing import chosen, wished
from topics.deciding.decision import Context, Decision, Rejection, accept, hand_on, reject
from topics.deciding.refusals import meals_gone, options_gone

EMPTIED = timedelta(seconds=60)
"""A checkout of the empty basket that the last checkout left, within this time, repeats it: a button was pressed twice."""
SAME_ITEMS = timedelta(seconds=10)
"""A checkout of the same explicit items within this time, without an Idempotency-Key, repeats the last one."""


class _Purchase(NamedTuple):
    """cleared: lines that leave the basket."""

    restaurant_id: str
    items: tuple[OrderedItem, ...]
    cleared: tuple[Line, ...]
    schedule_date: str | None


def check_out(command: Checkout, contents: Contents, facts: Facts, context: Context) -> Decision[Event]:
    items = asked_for(command, contents)
    if _is_repeat(command, contents, items, context.now) and contents.last is not None:
        return hand_on(CheckoutRepeated(order_id=contents.last.order_id))
    if not items:
        return reject("basket_empty", "there is nothing to check out")
    if (refused := too_much(items, command.note, command.gift_note)) is not None:
        return Decision(rejection=refused)
    restaurant_id = _restaurant(items, contents.lines, facts)
    if isinstance(restaurant_id, Rejection):
        return Decision(rejection=restaurant_id)
    if (refused := _options(command, items, facts)) is not None:
        return Decision(rejection=refused)
    cleared = tuple(contents.lines[item.meal_id] for item in items if item.meal_id in contents.lines)
    schedule_date = _schedule(command, cleared, facts.time_zone(restaurant_id))
    if isinstance(schedule_date, Rejection):
        return Decision(rejection=schedule_date)
    return hand_on(_checked_out(command, contents, _Purchase(restaurant_id, items, cleared, schedule_date), context))


def _checked_out(command: Checkout, contents: Contents, purchase: _Purchase, context: Context) -> CheckedOut:
    own_coupon = None if command.coupon_code else contents.coupon
    return CheckedOut(
        order_id=context.new_id("order"),
        restaurant_id=purchase.restaurant_id,
        items=purchase.items,
        cleared=tuple({line.meal_id: line for line in purchase.cleared}.values()),
        payment_method=command.payment_method,
        address_id=command.address_id,
        note=command.note,
        gift_note=command.gift_note,
        schedule_date=purchase.schedule_date,
        coupon_code=command.coupon_code or own_coupon,
        cleared_coupon=own_coupon,
        expected_total=command.expected_total,
        pickup=command.pickup,
        at=context.now,
        previous_order_id=contents.newest_order_id,
        card=command.card if command.payment_method == "credit_card" else None,
    )


def asked_for(command: Checkout, contents: Contents) -> tuple[OrderedItem, ...]:
    asked: Sequence[CheckoutItem | Line] = command.items or tuple(contents.lines.values())
    return tuple(_ordered(item, contents.lines.get(item.meal_id)) for item in asked)


def _ordered(item: CheckoutItem | Line, line: Line | None) -> OrderedItem:
    """price_was: of the line in the basket, where there is one with the same options."""
    of_line = () if line is None else wished(line.options)
    options = item.options if isinstance(item, CheckoutItem) else of_line
    options = of_line if options is None else options
    same = line is not None and set(options) == set(of_line)
    return OrderedItem(
        meal_id=item.meal_id,
        quantity=item.quantity,
        note=item.note,
        price_was=line.price if line is not None and same else None,
        options=options,
    )


def _is_repeat(command: Checkout, contents: Contents, items: tuple[OrderedItem, ...], now: datetime) -> bool:
    last = contents.last
    if last is None:
        return False
    if not command.items:
        return not contents.lines and not last.put_in_since and now - last.at < EMPTIED
    same = len(items) == len(last.items) and _wishes(command.items, items) == _wishes(command.items, last.items)
    return not command.keyed and same and now - last.at < SAME_ITEMS


def _wishes(said: Sequence[CheckoutItem], items: Sequence[OrderedItem]) -> list[OrderedItem]:
    """Items without what came from the lines: the first checkout took these out of the basket."""
    return [
        replace(item, price_was=None, options=() if each.options is None else item.options)
        for each, item in zip(said, items, strict=True)
    ]


def _restaurant(items: tuple[OrderedItem, ...], lines: Mapping[str, Line], facts: Facts) -> str | Rejection:
    """The one restaurant whose meals these are. lines: for the names of meals that nobody offers any more."""
    meals = {item.meal_id: facts.meals.get(item.meal_id) for item in items}
    on_sale = [meal for meal in meals.values() if meal is not None and meal.is_available]
    if len(on_sale) < len(meals):
        gone = {name: meal for name, meal in meals.items() if meal is None or not meal.is_available}
        return meals_gone({name: _name(name, meal, lines) for name, meal in gone.items()})
    restaurants = {meal.restaurant_id for meal in on_sale}
    if len(restaurants) > 1:
        return Rejection("different_restaurant", "an order cannot hold items of a different restaurant", "items")
    return restaurants.pop()


def _options(command: Checkout, items: tuple[OrderedItem, ...], facts: Facts) -> Rejection | None:
    """What was said in this request is its sender's fault. What was chosen before, the menu has changed since."""
    gone: list[tuple[OrderedItem, str, str]] = []
    for place, item in enumerate(items):
        meal = facts.meals[item.meal_id]
        found = chosen(meal.options, item.options, f"items[{place}].options")
        if not isinstance(found, Rejection):
            continue
        if command.items and command.items[place].options is not None:
            return found
        gone.append((item, meal.name, found.detail))
    return options_gone({item.meal_id: (name, why) for item, name, why in gone}) if gone else None


def _name(meal_id: str, meal: MealCopy | None, lines: Mapping[str, Line]) -> str:
    """The id, for a meal that nobody has ever offered or had in the basket."""
    if meal is not None:
        return meal.name
    return lines[meal_id].name if meal_id in lines else meal_id


def _schedule(command: Checkout, cleared: Sequence[Line], zone: str) -> str | Rejection | None:
    """The checkout's own time, else the one that its lines have, as the first of them says it. zone: the restaurant's."""
    if command.schedule_date is not None:
        return command.schedule_date
    said = [line.schedule_date for line in cleared if line.schedule_date is not None]
    if len({_wanted(each, zone) for each in said}) > 1:
        more = {"lines": [{"meal_id": line.meal_id, "schedule_date": line.schedule_date} for line in cleared]}
        return Rejection("schedule_conflict", "the lines are wanted at different times", "schedule_date", more)
    return said[0] if said else None


def _wanted(said: str, zone: str) -> date | datetime | str:
    """Alike for the same time, however it is written: clients say it with and without a time zone. The order refuses what is no
    time."""
    try:
        asked = schedule.read(said, zone)
    except ValueError:
        return said
    return asked.astimezone(UTC) if isinstance(asked, datetime) else asked


def restore(command: RestoreItems, contents: Contents, most: int) -> Decision[Event]:
    """What the user has put into the basket since then stays as it is. most: lines that a basket holds."""
    restaurant_id = contents.restaurant_id or next((line.restaurant_id for line in command.lines), None)
    fitting = [
        line for line in command.lines if line.restaurant_id == restaurant_id and line.meal_id not in contents.lines
    ]
    coupon = None if contents.coupon else command.coupon_code
    back = LinesRestored(
        order_id=command.order_id, lines=tuple(fitting[: most - len(contents.lines)]), coupon_code=coupon
    )
    remembered = contents.last is not None and contents.last.order_id == command.order_id
    events = (back,) if back.lines or coupon or remembered else ()
    if command.refusal is None:
        return accept(*events)
    why = command.refusal
    return reject(why.code, why.detail, field=why.field, more=why.more, events=events)
