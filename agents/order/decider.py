"""What an order may do. It is priced here, from the order domain's own copy of the catalog."""

from collections.abc import Iterable
from typing import assert_never

import msgspec

from agents.order.facts import MEALS, RESTAURANTS, Facts, MealFacts, RestaurantFacts
from agents.order.projection import order
from topics.basket_events import OrderedItem
from topics.decision import Context, Decider, Decision, Rejection, accept, reject
from topics.order_commands import Command, PlaceOrder
from topics.order_events import Event, OrderPlaced, OrderRefused, PricedItem
from topics.pricing import Charge, line_total, rounded, totals


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """placed, refused: both None before the one command that decides it."""

    placed: OrderPlaced | None = None
    refused: OrderRefused | None = None


def decide(command: Command, progress: Progress, facts: Facts, context: Context) -> Decision[Event]:
    """An order is decided once; whoever asks again is told the same."""
    if progress.placed is not None:
        return accept(answer=order(context.aggregate_id, progress.placed))
    if progress.refused is not None:
        return reject(progress.refused.code, progress.refused.detail)
    restaurant = facts.restaurants.get(command.restaurant_id)
    if restaurant is None or not restaurant.is_open:
        return _refuse(command, Rejection("restaurant_closed", "this restaurant takes no orders now"))
    priced = _priced(command, facts)
    if isinstance(priced, Rejection):
        return _refuse(command, priced)
    return _place(command, restaurant, priced, context)


def _priced(command: PlaceOrder, facts: Facts) -> tuple[PricedItem, ...] | Rejection:
    if not command.items:
        return Rejection("basket_empty", "there is nothing to order", "items")
    priced: list[PricedItem] = []
    for item in command.items:
        meal = facts.meals.get(item.meal_id)
        if meal is None or not meal.is_available:
            gone = meal.name if meal else item.meal_id
            return Rejection("meal_unavailable", f"{gone} is not on sale any more", "items")
        if meal.restaurant_id != command.restaurant_id:
            return Rejection("different_restaurant", "an order cannot hold items of a different restaurant", "items")
        priced.append(_priced_item(item, meal))
    return tuple(priced)


def _priced_item(item: OrderedItem, meal: MealFacts) -> PricedItem:
    return PricedItem(
        meal_id=item.meal_id,
        name=meal.name,
        quantity=item.quantity,
        price=rounded(meal.price),
        total=line_total(meal.price, item.quantity),
        note=item.note,
    )


def _place(
    command: PlaceOrder, restaurant: RestaurantFacts, items: tuple[PricedItem, ...], context: Context
) -> Decision[Event]:
    sums = totals([Charge(item.price, item.quantity) for item in items], restaurant.delivery_fee)
    if sums.subtotal < restaurant.min_order_price:
        least = f"{restaurant.name} delivers from {restaurant.min_order_price:.2f} on"
        return _refuse(command, Rejection("below_minimum", least))
    placed = OrderPlaced(
        user_id=command.user_id,
        restaurant_id=command.restaurant_id,
        restaurant_name=restaurant.name,
        items=items,
        subtotal=sums.subtotal,
        discount=sums.discount,
        delivery_fee=sums.delivery_fee,
        total=sums.total,
        payment_method=command.payment_method,
        placed_at=context.now,
        address_id=command.address_id,
        note=command.note,
        schedule_date=command.schedule_date,
    )
    return accept(placed, answer=order(context.aggregate_id, placed))


def _refuse(command: PlaceOrder, why: Rejection) -> Decision[Event]:
    refused = OrderRefused(user_id=command.user_id, code=why.code, detail=why.detail, restore=command.restore)
    return reject(why.code, why.detail, field=why.field, events=(refused,))


def needs(command: Command, progress: Progress) -> Iterable[tuple[str, str]]:
    yield RESTAURANTS.name, command.restaurant_id
    for item in command.items:
        yield MEALS.name, item.meal_id


def evolve(progress: Progress, event: Event) -> Progress:
    match event:
        case OrderPlaced():
            return Progress(placed=event)
        case OrderRefused():
            return Progress(refused=event)
        case _:
            assert_never(event)


DECIDER = Decider[Command, Event, Progress, Facts](
    state=Progress,
    decide=decide,
    evolve=evolve,
    facts=Facts,
    fact_tables=(MEALS, RESTAURANTS),
    needs=needs,
)
