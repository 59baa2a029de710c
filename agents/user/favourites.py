"""Favourite restaurants and cuisines. Cuisines are the same where they fold to the same (topics/values/folding.py)."""

from typing import assert_never

from msgspec.structs import replace

from agents.user.facts import Facts, RestaurantFacts
from agents.user.person import FavouriteCuisine, FavouriteRestaurant, Person
from topics.contracts.user_commands import FavourCuisine, FavourRestaurant, UnfavourCuisine, UnfavourRestaurant
from topics.contracts.user_events import (
    CuisineFavoured,
    CuisineUnfavoured,
    Event,
    RestaurantFavoured,
    RestaurantUnfavoured,
)
from topics.deciding.decision import Context, Decision, accept, reject
from topics.documents import Done
from topics.documents import account as documents
from topics.values.folding import fold

MOST = 200  # of each kind
REMOVED = Done(message="This is no favourite any more.")

Command = FavourRestaurant | UnfavourRestaurant | FavourCuisine | UnfavourCuisine
Happened = RestaurantFavoured | RestaurantUnfavoured | CuisineFavoured | CuisineUnfavoured


def decide(command: Command, person: Person, facts: Facts, context: Context) -> Decision[Event]:
    match command:
        case FavourRestaurant(restaurant_id=restaurant_id):
            return _favour_restaurant(restaurant_id, person, facts, context)
        case UnfavourRestaurant(restaurant_id=restaurant_id):
            if _restaurant(person, restaurant_id) is None:
                return reject("not_found", "this restaurant is none of your favourites")
            return accept(RestaurantUnfavoured(restaurant_id=restaurant_id), answer=REMOVED)
        case FavourCuisine(cuisine=cuisine):
            return _favour_cuisine(cuisine, person, context)
        case UnfavourCuisine(cuisine=cuisine):
            if (kept := _cuisine(person, cuisine)) is None:
                return reject("not_found", "this cuisine is none of your favourites")
            return accept(CuisineUnfavoured(cuisine=kept.cuisine), answer=REMOVED)
        case _:
            assert_never(command)


def _favour_restaurant(restaurant_id: str, person: Person, facts: Facts, context: Context) -> Decision[Event]:
    known = facts.restaurants.get(restaurant_id)
    kept = _restaurant(person, restaurant_id)
    if kept is not None:
        return accept(answer=_entry(kept, known))
    if known is None:
        return reject("not_found", "there is no such restaurant", field="restaurant_id")
    if len(person.restaurants) >= MOST:
        return _too_many("restaurants")
    favourite = FavouriteRestaurant(restaurant_id=restaurant_id, at=context.now)
    wants = person.preferences.wants_campaigns
    happened = RestaurantFavoured(restaurant_id=restaurant_id, at=context.now, wants_campaigns=wants)
    return accept(happened, answer=_entry(favourite, known))


def _favour_cuisine(cuisine: str, person: Person, context: Context) -> Decision[Event]:
    kept = _cuisine(person, cuisine)
    if kept is not None:
        return accept(answer=documents.FavouriteCuisine(cuisine=kept.cuisine, created_at=kept.at))
    if len(person.cuisines) >= MOST:
        return _too_many("cuisines")
    happened = CuisineFavoured(cuisine=cuisine, at=context.now)
    return accept(happened, answer=documents.FavouriteCuisine(cuisine=cuisine, created_at=context.now))


def _too_many(kind: str) -> Decision[Event]:
    return reject("too_many_favourites", f"at most {MOST} {kind} can be favourites, take one out first")


def _restaurant(person: Person, restaurant_id: str) -> FavouriteRestaurant | None:
    return next((each for each in person.restaurants if each.restaurant_id == restaurant_id), None)


def _cuisine(person: Person, cuisine: str) -> FavouriteCuisine | None:
    folded = _folded(cuisine)
    return next((each for each in person.cuisines if _folded(each.cuisine) == folded), None)


def _folded(cuisine: str) -> str:
    return fold(cuisine.strip())


def _entry(favourite: FavouriteRestaurant, known: RestaurantFacts | None) -> documents.FavouriteRestaurant:
    entry = documents.FavouriteRestaurant(restaurant_id=favourite.restaurant_id, created_at=favourite.at)
    if known is None:
        return entry
    return replace(entry, name=known.name, logo=known.logo, cuisines=known.cuisines, status=known.status)


def evolve(person: Person, event: Happened) -> Person:
    match event:
        case RestaurantFavoured(restaurant_id=restaurant_id, at=at):
            added = FavouriteRestaurant(restaurant_id=restaurant_id, at=at)
            return replace(person, restaurants=(*person.restaurants, added))
        case RestaurantUnfavoured(restaurant_id=restaurant_id):
            left = tuple(each for each in person.restaurants if each.restaurant_id != restaurant_id)
            return replace(person, restaurants=left)
        case CuisineFavoured(cuisine=cuisine, at=at):
            return replace(person, cuisines=(*person.cuisines, FavouriteCuisine(cuisine=cuisine, at=at)))
        case CuisineUnfavoured(cuisine=cuisine):
            return replace(person, cuisines=tuple(each for each in person.cuisines if each.cuisine != cuisine))
        case _:
            assert_never(event)
