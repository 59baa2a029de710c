"""What a meal may do. Only the owner of its restaurant may say; to everybody else it answers as if it did not exist."""

from collections.abc import Iterable
from typing import assert_never

from msgspec.structs import asdict, replace

from agents.catalog.availability import BACK, back_on_sale, set_availability
from agents.catalog.checks import refusal
from agents.catalog.dish import Dish, Offer, evolve
from agents.catalog.facts import RESTAURANTS, Facts
from agents.catalog.from_files import put
from agents.catalog.limits import MEALS
from agents.catalog.offering import added, changed_details, first_offer, new_details
from agents.catalog.projection import answer
from topics.contracts.catalog_commands import (
    AddMeal,
    BackOnSale,
    ChangeMeal,
    Command,
    PutMeal,
    RemoveMeal,
    SetAvailability,
    ShowPhoto,
)
from topics.contracts.catalog_events import PRICES, Event, MealChanged, MealDetails, MealRemoved
from topics.deciding.decision import Context, Decider, Decision, Rejection, accept, reject
from topics.deciding.seats import Seat
from topics.documents import Done
from topics.values.kurus import lira_before

REMOVED = Done(message="The meal is off the menu.")


def decide(command: Command, dish: Dish, facts: Facts, context: Context) -> Decision[Event]:
    if isinstance(command, AddMeal):
        return _add(command, dish, facts, context)
    if isinstance(command, PutMeal):
        return put(command, dish, facts, context)
    if isinstance(command, BackOnSale):
        return back_on_sale(dish.offer)
    if dish.removed and isinstance(command, RemoveMeal):
        return accept(answer=REMOVED)
    owner = command.owner_id if isinstance(command, ShowPhoto) else context.caller
    offer = dish.offer
    restaurant = None if offer is None else facts.owned(offer.restaurant_id, owner)
    if offer is None or restaurant is None:
        return reject("not_found", "you have no such meal")
    match command:
        case ChangeMeal():
            return _change(command, offer, context)
        case SetAvailability():
            return set_availability(command, offer, restaurant, context)
        case ShowPhoto():
            return _show_photo(command, offer)
        case RemoveMeal():
            return _remove(offer)
        case _:
            assert_never(command)


def _remove(offer: Offer) -> Decision[Event]:
    seats = () if offer.seat is None else ((MEALS.kind, offer.seat),)
    removed = MealRemoved(restaurant_id=offer.restaurant_id)
    return accept(removed, answer=REMOVED, releases=seats, cancels=(BACK,))


def _add(command: AddMeal, dish: Dish, facts: Facts, context: Context) -> Decision[Event]:
    if facts.owned(command.restaurant_id, context.caller) is None:
        return reject("not_found", "you have no such restaurant", field="restaurant_id")
    details = new_details({name: value for name, value in asdict(command).items() if name != "restaurant_id"})
    if dish.offer is None and not dish.removed:
        return _first_time(command.restaurant_id, details, context)
    if dish.offer and (dish.offer.restaurant_id, dish.offer.details) == (command.restaurant_id, details):
        return accept(answer=answer(dish.offer, context), takes=())
    return reject("meal_exists", "there is a meal with this id already")


def _first_time(restaurant_id: str, details: MealDetails, context: Context) -> Decision[Event]:
    offer = first_offer(restaurant_id, details, context.caller or "", context)
    if isinstance(offer, Rejection):
        return Decision(rejection=offer)
    return accept(added(offer), answer=answer(offer, context), takes=((MEALS.kind, offer.seat or ""),))


def _change(command: ChangeMeal, offer: Offer, context: Context) -> Decision[Event]:
    details = changed_details(offer.details, asdict(command))
    shown = answer(replace(offer, details=details), context)
    if details == offer.details:
        return accept(answer=shown)
    if (refused := refusal(details, offer.details)) is not None:
        return Decision(rejection=refused)
    changed = MealChanged(restaurant_id=offer.restaurant_id, details=details)
    return accept(changed, answer=shown, cancels=(BACK,) if details.sold_out_until is None else ())


def _show_photo(command: ShowPhoto, offer: Offer) -> Decision[Event]:
    details = replace(offer.details, photo_id=command.photo_id, image_url=command.image_url)
    if details == offer.details:
        return accept()
    return accept(MealChanged(restaurant_id=offer.restaurant_id, details=details))


def claims(command: Command, meal_id: str, caller: str | None) -> Iterable[Seat]:
    """A place on the menus of the owner."""
    match command:
        case AddMeal():
            return MEALS.of(caller or "", meal_id)
        case PutMeal():
            return MEALS.of(command.owner_id, meal_id)
        case _:
            return ()


def needs(command: Command, dish: Dish) -> Iterable[tuple[str, str]]:
    """Whose restaurant it is: the one named, or the one on whose menu the meal is."""
    if isinstance(command, AddMeal | PutMeal):
        yield RESTAURANTS.name, command.restaurant_id
    elif dish.offer is not None:
        yield RESTAURANTS.name, dish.offer.restaurant_id


DECIDER = Decider[Command, Event, Dish, Facts](
    state=Dish,
    decide=decide,
    evolve=evolve,
    facts=Facts,
    fact_tables=(RESTAURANTS,),
    needs=needs,
    claims=claims,
    upcasts=(lira_before(*(f"offer.{place}" for place in PRICES)),),
)
