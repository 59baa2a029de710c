"""What a meal may do. Only the owner of its restaurant may say; to everybody else it answers as if it did not exist."""

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

import msgspec
from msgspec.structs import asdict, replace

from agents.catalog.facts import RESTAURANTS, Facts
from agents.catalog.limits import MEAL_BYTES, MEALS
from agents.catalog.projection import meal
from topics.contracts.catalog_commands import AddMeal, ChangeMeal, Command, RemoveMeal, SetAvailability
from topics.contracts.catalog_events import AvailabilityChanged, Event, MealAdded, MealChanged, MealDetails, MealRemoved
from topics.deciding.decision import Context, Decider, Decision, Rejection, accept, reject
from topics.deciding.seats import Seat
from topics.documents import Done
from topics.documents.browse import Meal
from topics.values.kurus import lira_before

REMOVED = Done(message="The meal is off the menu.")


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """seat: see MealAdded."""

    restaurant_id: str
    details: MealDetails
    added_at: datetime
    seat: str | None = None


class Dish(msgspec.Struct, frozen=True, kw_only=True):
    """offer None: not on a menu. removed: it was on one, and its id is never used again."""

    offer: Offer | None = None
    removed: bool = False


def decide(command: Command, dish: Dish, facts: Facts, context: Context) -> Decision[Event]:
    if isinstance(command, AddMeal):
        return _add(command, dish, facts, context)
    offer = dish.offer
    if dish.removed and isinstance(command, RemoveMeal):
        return accept(answer=REMOVED)
    if offer is None or not _owns(context, facts, offer.restaurant_id):
        return reject("not_found", "you have no such meal")
    match command:
        case ChangeMeal():
            return _change(command, offer, context)
        case SetAvailability():
            return _set_availability(command, offer, context)
        case RemoveMeal():
            seats = () if offer.seat is None else ((MEALS.kind, offer.seat),)
            return accept(MealRemoved(restaurant_id=offer.restaurant_id), answer=REMOVED, releases=seats)
        case _:
            assert_never(command)


def _owns(context: Context, facts: Facts, restaurant_id: str) -> bool:
    ownership = facts.restaurants.get(restaurant_id)
    return ownership is not None and ownership.owner_id == context.caller


def _add(command: AddMeal, dish: Dish, facts: Facts, context: Context) -> Decision[Event]:
    if not _owns(context, facts, command.restaurant_id):
        return reject("not_found", "you have no such restaurant", field="restaurant_id")
    said = {name: value for name, value in asdict(command).items() if name != "restaurant_id"}
    details = MealDetails(**said)
    if dish.offer is None and not dish.removed:
        return _first_time(command.restaurant_id, details, context)
    if dish.offer and (dish.offer.restaurant_id, dish.offer.details) == (command.restaurant_id, details):
        return accept(answer=_answer(dish.offer, context), takes=())
    return reject("meal_exists", "there is a meal with this id already")


def _first_time(restaurant_id: str, details: MealDetails, context: Context) -> Decision[Event]:
    if (refused := _too_large(details)) is not None:
        return Decision(rejection=refused)
    seat = MEALS.free(restaurant_id, context)
    if seat is None:
        return reject("menu_full", f"a restaurant has at most {MEALS.most} meals, take one off the menu first")
    offer = Offer(restaurant_id=restaurant_id, details=details, added_at=context.now, seat=seat[1])
    added = MealAdded(restaurant_id=restaurant_id, details=details, added_at=context.now, seat=seat[1])
    return accept(added, answer=_answer(offer, context), takes=(seat,))


def _too_large(details: MealDetails) -> Rejection | None:
    size = len(msgspec.json.encode(details))
    if size <= MEAL_BYTES:
        return None
    return Rejection(
        "meal_too_large", f"a meal with its options has at most {MEAL_BYTES:,} bytes, this one has {size:,}"
    )


def _change(command: ChangeMeal, offer: Offer, context: Context) -> Decision[Event]:
    said = {name: value for name, value in asdict(command).items() if value is not None}
    details = replace(offer.details, **said)
    answer = _answer(replace(offer, details=details), context)
    if details == offer.details:
        return accept(answer=answer)
    if (refused := _too_large(details)) is not None:
        return Decision(rejection=refused)
    return accept(MealChanged(restaurant_id=offer.restaurant_id, details=details), answer=answer)


def _set_availability(command: SetAvailability, offer: Offer, context: Context) -> Decision[Event]:
    details = replace(offer.details, is_available=command.is_available)
    answer = _answer(replace(offer, details=details), context)
    if details == offer.details:
        return accept(answer=answer)
    changed = AvailabilityChanged(restaurant_id=offer.restaurant_id, is_available=command.is_available)
    return accept(changed, answer=answer)


def _answer(offer: Offer, context: Context) -> Meal:
    return meal(context.aggregate_id, offer.restaurant_id, offer.details, offer.added_at, context.now)


def claims(command: Command, meal_id: str, caller: str | None) -> Iterable[Seat]:
    """A place on the menu."""
    return MEALS.of(command.restaurant_id) if isinstance(command, AddMeal) else ()


def needs(command: Command, dish: Dish) -> Iterable[tuple[str, str]]:
    """Whose restaurant it is: the one named, or the one on whose menu the meal is."""
    if isinstance(command, AddMeal):
        yield RESTAURANTS.name, command.restaurant_id
    elif dish.offer is not None:
        yield RESTAURANTS.name, dish.offer.restaurant_id


def evolve(dish: Dish, event: Event) -> Dish:
    match event:
        case MealAdded():
            offer = Offer(
                restaurant_id=event.restaurant_id, details=event.details, added_at=event.added_at, seat=event.seat
            )
            return Dish(offer=offer)
        case MealChanged():
            return replace(dish, offer=dish.offer and replace(dish.offer, details=event.details))
        case AvailabilityChanged():
            return _with_availability(dish, event.is_available)
        case MealRemoved():
            return Dish(removed=True)
        case _:
            assert_never(event)


def _with_availability(dish: Dish, is_available: bool) -> Dish:
    if dish.offer is None:
        return dish
    details = replace(dish.offer.details, is_available=is_available)
    return replace(dish, offer=replace(dish.offer, details=details))


DECIDER = Decider[Command, Event, Dish, Facts](
    state=Dish,
    decide=decide,
    evolve=evolve,
    facts=Facts,
    fact_tables=(RESTAURANTS,),
    needs=needs,
    claims=claims,
    upcasts=(lira_before("offer.details.price", "offer.details.options.price"),),
)
