"""What a basket may do. Prices and availability are the catalog's word, never the client's."""

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from agents.basket import anonymous, coupons, erasure, merging
from agents.basket.checkout import asked_for, check_out, restore
from agents.basket.contents import IN_KURUS, Contents, evolve
from agents.basket.facts import Facts
from agents.basket.limits import MAX_LINES, too_much
from agents.basket.lines import as_sold_now, new_line, with_options
from agents.basket.projection import answered
from agents.basket.reordering import reorder
from topics.contracts.basket_commands import (
    AddItem,
    ApplyCoupon,
    ChangeItem,
    Checkout,
    Clear,
    Command,
    DropCoupon,
    EndBasket,
    EraseBasket,
    Extend,
    HandOver,
    RemoveItem,
    Reorder,
    RestoreItems,
    TakeBack,
    TakeOver,
)
from topics.contracts.basket_events import BasketErased, Cleared, Event, Expired, Line, LineRemoved, LineSet
from topics.copies import COUPONS, MEALS, RESTAURANTS
from topics.deciding import schedule
from topics.deciding.choosing import chosen
from topics.deciding.decision import Context, Decider, Decision, Rejection, accept, reject
from topics.documents import Done
from topics.messages.ids import is_anonymous

REMOVED = Done(message="The meal is out of the basket.")
CLEARED = Done(message="The basket is empty.")


def decide(command: Command, contents: Contents, facts: Facts, context: Context) -> Decision[Event]:
    refused = anonymous.refusal(command, context.aggregate_id)
    if refused is not None:
        return Decision(rejection=refused)
    if contents.erased:
        return erasure.late(command)
    if not is_anonymous(context.aggregate_id):
        return _decide(command, contents, facts, context)
    over = anonymous.is_over(contents.life, context.now)
    if isinstance(command, EndBasket):
        return accept(Expired()) if over else accept(timers=anonymous.ends(contents.life))
    decision = _decide(command, Contents() if over else contents, facts, context)
    return anonymous.kept(decision, contents.life, context.now)


def _decide(command: Command, contents: Contents, facts: Facts, context: Context) -> Decision[Event]:
    match command:
        case AddItem():
            return _add(command, contents, facts, context)
        case ChangeItem():
            return _change(command, contents, facts, context)
        case RemoveItem():
            return _remove(command, contents)
        case Clear():
            return accept(Cleared(), answer=CLEARED) if contents.lines or contents.coupon else accept(answer=CLEARED)
        case Reorder():
            return reorder(command, contents, facts, context)
        case Checkout():
            return check_out(command, contents, facts, context)
        case RestoreItems():
            return restore(command, contents, MAX_LINES)
        case ApplyCoupon():
            return coupons.apply(command, contents, facts, context)
        case DropCoupon():
            return coupons.drop(contents)
        case Extend():
            return anonymous.extend(command, contents.life, context)
        case EndBasket():
            return accept()  # of an anonymous basket: see decide()
        case HandOver() | TakeOver() | TakeBack():
            return _merge(command, contents)
        case EraseBasket():
            return accept(BasketErased(newest_order_id=contents.newest_order_id))
        case _:
            assert_never(command)


def _merge(command: HandOver | TakeOver | TakeBack, contents: Contents) -> Decision[Event]:
    match command:
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
    refused = _past(command.schedule_date, meal.restaurant_id, facts, context.now)
    if refused is not None:
        return Decision(rejection=refused)
    options = chosen(meal.options, command.options)
    if isinstance(options, Rejection):
        return Decision(rejection=options)
    before = contents.lines.get(command.meal_id)
    if before is None and len(contents.lines) >= MAX_LINES:
        return reject("basket_full", f"a basket holds {MAX_LINES} different meals at most")
    line = new_line(context.new_id("line"), command.meal_id, meal, options, before, context.now)
    said = replace(line, quantity=command.quantity, note=command.note, schedule_date=command.schedule_date)
    return _set(said, before, contents, context)


def _past(said: str | None, restaurant_id: str, facts: Facts, now: datetime) -> Rejection | None:
    """In the restaurant's time zone."""
    return schedule.past(said, facts.time_zone(restaurant_id), now)


def _change(command: ChangeItem, contents: Contents, facts: Facts, context: Context) -> Decision[Event]:
    before = contents.lines.get(command.meal_id)
    if before is None:
        return reject("not_in_basket", "this meal is not in the basket", field="meal_id")
    if command.schedule_date != before.schedule_date:
        refused = _past(command.schedule_date, before.restaurant_id, facts, context.now)
        if refused is not None:
            return Decision(rejection=refused)
    line = replace(
        before,
        quantity=before.quantity if command.quantity is None else command.quantity,
        note=before.note if command.note is None else command.note,
        schedule_date=before.schedule_date if command.schedule_date is None else command.schedule_date,
    )
    line = replace(line, **dict.fromkeys(command.clears))
    meal = facts.meals.get(command.meal_id)
    if meal is None or command.options is None:
        return _set(as_sold_now(line, meal), before, contents, context)
    now = with_options(line, meal, command.options)
    return Decision(rejection=now) if isinstance(now, Rejection) else _set(now, before, contents, context)


def _set(line: Line, before: Line | None, contents: Contents, context: Context) -> Decision[Event]:
    answer = answered(line, context.aggregate_id)
    if line == before:
        return accept(answer=answer)
    others = (each for each in contents.lines.values() if each.meal_id != line.meal_id)
    refused = too_much((*others, line)) if line.note or line.options else None
    return accept(LineSet(line=line), answer=answer) if refused is None else Decision(rejection=refused)


def _remove(command: RemoveItem, contents: Contents) -> Decision[Event]:
    if command.meal_id not in contents.lines:
        return accept(answer=REMOVED)
    return accept(LineRemoved(meal_id=command.meal_id), answer=REMOVED)


def needs(command: Command, contents: Contents) -> Iterable[tuple[str, str]]:
    match command:
        case AddItem():
            yield MEALS.name, command.meal_id
            if command.schedule_date is not None and (place := contents.restaurant_id or command.restaurant_id):
                yield RESTAURANTS.name, place
        case ChangeItem():
            yield MEALS.name, command.meal_id
            if command.schedule_date is not None and contents.restaurant_id is not None:
                yield RESTAURANTS.name, contents.restaurant_id
        case Reorder(items=items):
            for item in items:
                yield MEALS.name, item.meal_id
        case Checkout():
            for item in asked_for(command, contents):
                yield MEALS.name, item.meal_id
            if contents.restaurant_id is not None and len({line.schedule_date for line in contents.lines.values()}) > 1:
                yield RESTAURANTS.name, contents.restaurant_id
        case ApplyCoupon():
            yield from coupons.needs(command, contents)
        case (
            RemoveItem()
            | Clear()
            | RestoreItems()
            | DropCoupon()
            | Extend()
            | EndBasket()
            | HandOver()
            | TakeOver()
            | TakeBack()
        ):
            return
        case EraseBasket():
            return
        case _:
            assert_never(command)


def renews(contents: Contents) -> EndBasket | None:
    return None if contents.life is None else EndBasket()


DECIDER = Decider[Command, Event, Contents, Facts](
    state=Contents,
    decide=decide,
    evolve=evolve,
    facts=Facts,
    fact_tables=(MEALS, RESTAURANTS, COUPONS),
    needs=needs,
    upcasts=(IN_KURUS,),
    renews=renews,
)
